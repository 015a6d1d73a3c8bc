import type { KubeObject } from './meta.ts';

/** Group and version of the kinds that only Segue has. They live in the API server's memory, never in the store. */
export const SEGUE_GROUP_VERSION = 'segue.dev/v1';

/** How far the routers must have let go of a pod before it is told to stop. Pod annotation `segue.dev/release`. */
export type ReleaseLevel = 'Observed' | 'Drained' | 'None';

export const RELEASE_LEVELS: readonly ReleaseLevel[] = ['Observed', 'Drained', 'None'];
export const RELEASE_ANNOTATION = 'segue.dev/release';
export const RELEASE_TIMEOUT_ANNOTATION = 'segue.dev/release-timeout-seconds';
/** Pod condition: True once the pod was released, with reason Observed, TimedOut or None and the times in its message. */
export const RELEASED_CONDITION = 'segue.dev/Released';

/**
 * A component that routes to pods, or the one that publishes endpoints. Cluster-scoped; named `<node>.<component>`
 * or `<component>`. Registered by create, kept alive and acknowledged by update of `status`, unregistered by delete.
 */
export interface EndpointConsumer extends KubeObject {
  spec: {
    /** What it is: `proxy`, `ingress`, `dns`, … and `endpointslice-controller` for the one publisher. */
    component: string;
    /** Node it runs on; absent for components of the control plane. */
    nodeName?: string;
    /** Publisher: observes pods and writes slices. Consumer: observes slices and routes. */
    role: 'Publisher' | 'Consumer';
    leaseDurationSeconds: number;
  };
  status?: {
    /** Watermark: the resourceVersion up to which it has acted on all it watches (decimal string). */
    observedResourceVersion: string;
    /** Publisher only: resourceVersion of its latest slice write, at or before which every change up to `observed` is. */
    publishedResourceVersion?: string;
    renewTime?: string;
  };
}

export type ReleasePhase = 'Waiting' | 'Released';

/** Why a pod may be, or was, told to stop. Namespaced and named like its pod; gone some time after the pod. */
export interface PodRelease extends KubeObject {
  spec: { podUID: string; nodeName: string; level: ReleaseLevel; deletedResourceVersion: string };
  status: {
    phase: ReleasePhase;
    /** Names of the publishers and consumers that have not let go yet, sorted. */
    waitingFor: string[];
    /** resourceVersion that every consumer must reach; absent until the publisher has stated it. */
    requiredResourceVersion?: string;
    /** MicroTime of each step, as far as it was reached. */
    deletedAt: string;
    publishedAt?: string;
    releasedAt?: string;
    /** Reported by the kubelet. */
    quietAt?: string;
    stoppedAt?: string;
    /** Set by the kubelet when it no longer waited: the cap was reached, or the level is None. */
    outcome?: 'Released' | 'TimedOut' | 'NotRequired';
  };
}
