import type { Schema } from './shape.ts';

export const SEGUE_PREFIX = 'dev.segue.v1';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const typeMeta: Record<string, Schema> = {
  apiVersion: { type: 'string', description: 'Group and version of this object: segue.dev/v1.' },
  kind: { type: 'string', description: 'Kind of this object.' },
};
const objectMeta: Schema = { $ref: `${META}.ObjectMeta`, description: 'Name, labels and what else every object has.' };
const listMeta: Schema = { $ref: `${META}.ListMeta`, description: 'resourceVersion of the list and how to go on.' };
const revision = { type: 'string' } as const;
const microTime = { $ref: `${META}.MicroTime` } as const;

/** Schemas of the kinds in `src/api/types/segue.ts`. */
export const SEGUE_DEFINITIONS: Readonly<Record<string, Schema>> = {
  EndpointConsumer: {
    isKind: true,
    description:
      'A component that routes to pods, or the one that publishes endpoints. It says by one number how far it has acted on what it watches; a pod is told to stop only when every live consumer has come far enough.',
    type: 'object',
    required: ['spec'],
    properties: {
      ...typeMeta,
      metadata: objectMeta,
      spec: { $ref: `${SEGUE_PREFIX}.EndpointConsumerSpec`, description: 'What the component is and where it runs.' },
      status: { $ref: `${SEGUE_PREFIX}.EndpointConsumerStatus`, description: 'How far the component has come.' },
    },
  },
  EndpointConsumerList: listOf('EndpointConsumer'),
  EndpointConsumerSpec: {
    description: 'What a component that takes part in releases is.',
    type: 'object',
    required: ['component', 'role', 'leaseDurationSeconds'],
    properties: {
      component: { type: 'string', description: 'Sort of component: proxy, ingress, dns, endpointslice-controller.' },
      nodeName: { type: 'string', description: 'Node it runs on. Absent for components of the control plane.' },
      role: {
        type: 'string',
        enum: ['Consumer', 'Publisher'],
        description:
          'Publisher: observes pods and writes EndpointSlices. Consumer: observes EndpointSlices and routes.',
      },
      leaseDurationSeconds: {
        type: 'integer',
        format: 'int32',
        description: 'Seconds after which a consumer that was not heard of no longer holds up a release.',
      },
    },
  },
  EndpointConsumerStatus: {
    description: 'How far a component has come.',
    type: 'object',
    required: ['observedResourceVersion'],
    properties: {
      observedResourceVersion: {
        ...revision,
        description: 'The resourceVersion up to which the component has acted on everything that it watches.',
      },
      publishedResourceVersion: {
        ...revision,
        description: 'Publisher only: the resourceVersion of its latest write of an EndpointSlice.',
      },
      renewTime: { ...microTime, description: 'When the component was last heard of.' },
    },
  },
  PodRelease: {
    isKind: true,
    description: 'Why a terminating pod may be told to stop, or whom it is still waiting for.',
    type: 'object',
    required: ['spec'],
    properties: {
      ...typeMeta,
      metadata: objectMeta,
      spec: { $ref: `${SEGUE_PREFIX}.PodReleaseSpec`, description: 'The pod and how much it waits for.' },
      status: { $ref: `${SEGUE_PREFIX}.PodReleaseStatus`, description: 'How far the release has come.' },
    },
  },
  PodReleaseList: listOf('PodRelease'),
  PodReleaseSpec: {
    description: 'A pod that is being released.',
    type: 'object',
    required: ['podUID', 'nodeName', 'level', 'deletedResourceVersion'],
    properties: {
      podUID: { type: 'string', description: 'metadata.uid of the pod.' },
      nodeName: { type: 'string', description: 'Node that the pod runs on.' },
      level: {
        type: 'string',
        enum: ['Drained', 'None', 'Observed'],
        description:
          'Observed: no router gives the pod new work. Drained: also no router has work of it left. None: nothing is waited for.',
      },
      deletedResourceVersion: { ...revision, description: 'The resourceVersion at which the pod was deleted.' },
    },
  },
  PodReleaseStatus: {
    description: 'How far the release of a pod has come.',
    type: 'object',
    required: ['phase', 'waitingFor', 'deletedAt'],
    properties: {
      phase: { type: 'string', enum: ['Released', 'Waiting'], description: 'Whether every router has let go.' },
      waitingFor: {
        type: 'array',
        items: { type: 'string' },
        description: 'Names of the EndpointConsumers that have not let go yet, sorted.',
        'x-kubernetes-list-type': 'atomic',
      },
      requiredResourceVersion: {
        ...revision,
        description: 'The resourceVersion that every consumer must reach. Absent until the publisher has stated it.',
      },
      deletedAt: { ...microTime, description: 'When the pod was deleted.' },
      publishedAt: { ...microTime, description: 'When no EndpointSlice listed the pod as ready any more.' },
      releasedAt: { ...microTime, description: 'When the last consumer had let go.' },
      quietAt: { ...microTime, description: 'When no connection was under way to the pod any more.' },
      stoppedAt: { ...microTime, description: 'When the pod was told to stop.' },
      outcome: {
        type: 'string',
        enum: ['NotRequired', 'Released', 'TimedOut'],
        description: 'How the wait ended: let go by all, cut short at the cap, or not asked for.',
      },
    },
  },
};

function listOf(kind: string): Schema {
  return {
    isKind: true,
    description: `A list of ${kind} objects.`,
    type: 'object',
    required: ['items'],
    properties: {
      ...typeMeta,
      metadata: listMeta,
      items: { type: 'array', items: { $ref: `${SEGUE_PREFIX}.${kind}` }, description: 'The objects.' },
    },
  };
}
