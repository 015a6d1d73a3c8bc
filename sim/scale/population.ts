import { createHash } from 'node:crypto';
import type { Pod, Service } from '../../src/api/types/core.ts';
import type { KubeObject } from '../../src/api/types/meta.ts';
import type { Store } from '../../src/store/store.ts';
import { APP_PORT } from '../app.ts';
import { EPOCH_MS } from '../clock.ts';
import { PlanError } from '../plan.ts';

export interface Size {
  readonly nodes: number;
  readonly pods: number;
}

export const PODS_OF_A_SERVICE = 100;
const SERVICES_OF_A_NAMESPACE = 10;
const PODS_OF_A_NODE = 110;
const NODES_MAX = 10_000;
const AT = new Date(EPOCH_MS).toISOString().replace('.000', '');

/** Reads `5000x150000`: nodes and pods. Throws `PlanError`. */
export function parseSize(text: string): Size {
  const [, nodes, pods] = /^(\d{1,7})x(\d{1,8})$/.exec(text) ?? [];
  if (nodes === undefined) {
    throw new PlanError(`Cannot simulate a cluster of ${text}: need NODESxPODS, such as 5000x150000`);
  }
  const size = { nodes: Number(nodes), pods: Number(pods) };
  if (size.nodes < 1 || size.nodes > NODES_MAX) {
    throw new PlanError(`Cannot simulate ${size.nodes} nodes: need 1 to ${NODES_MAX}`);
  }
  if (size.pods < 1 || size.pods > size.nodes * PODS_OF_A_NODE) {
    const most = size.nodes * PODS_OF_A_NODE;
    throw new PlanError(`Cannot place ${size.pods} pods on ${size.nodes} nodes: need 1 to ${most}`);
  }
  return size;
}

export function nodeName(index: number): string {
  return `node-${index}`;
}

export function podName(index: number): string {
  const service = Math.floor(index / PODS_OF_A_SERVICE);
  return `web-${service}-${String(index % PODS_OF_A_SERVICE).padStart(3, '0')}`;
}

export function namespaceOf(podIndex: number): string {
  return namespaceOfService(Math.floor(podIndex / PODS_OF_A_SERVICE));
}

/**
 * Fills a store with the cluster as it is after weeks of running: ready nodes and running pods, as the API server would
 * have written them. Creating each through the API would take minutes and show nothing of a release.
 */
export async function populate(store: Store, size: Size): Promise<void> {
  const put = (path: string, object: KubeObject) => {
    const { resourceVersion: _, ...metadata } = object.metadata;
    return store.put(`/registry/${path}`, JSON.stringify({ ...object, metadata }), { absent: true });
  };
  for (let index = 0; index < size.nodes; index++) await put(`core/nodes/${nodeName(index)}`, node(index));
  const services = Math.ceil(size.pods / PODS_OF_A_SERVICE);
  for (let index = 0; index < services; index++) {
    const namespace = namespaceOfService(index);
    if (index % SERVICES_OF_A_NAMESPACE === 0) await put(`core/namespaces/${namespace}`, namespaceObject(namespace));
    await put(`core/services/${namespace}/web-${index}`, service(index));
  }
  for (let index = 0; index < size.pods; index++) {
    await put(`core/pods/${namespaceOf(index)}/${podName(index)}`, pod(index, size));
  }
}

function namespaceOfService(service: number): string {
  return `team-${Math.floor(service / SERVICES_OF_A_NAMESPACE)}`;
}

function metadata(name: string, namespace?: string) {
  const uid = uidOf(`${namespace ?? ''}/${name}`);
  return { name, ...(namespace ? { namespace } : {}), uid, resourceVersion: '', creationTimestamp: AT };
}

function uidOf(text: string): string {
  const hex = createHash('sha1').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

function namespaceObject(name: string): KubeObject {
  const object = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { ...metadata(name), labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
  return object;
}

function node(index: number): KubeObject {
  const object = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...metadata(nodeName(index)), labels: { 'kubernetes.io/hostname': nodeName(index) } },
    spec: { podCIDR: `10.${64 + (index >> 9)}.${(index >> 1) & 255}.${(index & 1) * 128}/25` },
    status: {
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: AT }],
      addresses: [{ type: 'InternalIP', address: `172.16.${index >> 8}.${index & 255}` }],
      capacity: { cpu: '16', memory: '64Gi', pods: String(PODS_OF_A_NODE) },
    },
  };
  return object;
}

function service(index: number): Service {
  const clusterIP = `10.96.${8 + (index >> 8)}.${index & 255}`;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(`web-${index}`, namespaceOfService(index)),
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      selector: { app: `web-${index}` },
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: APP_PORT }],
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    },
  };
}

function pod(index: number, { nodes }: Size): Pod {
  const on = index % nodes;
  const podIP = `10.${64 + (on >> 9)}.${(on >> 1) & 255}.${(on & 1) * 128 + 2 + Math.floor(index / nodes)}`;
  const name = podName(index);
  const service = Math.floor(index / PODS_OF_A_SERVICE);
  const condition = (type: string) => ({ type, status: 'True' as const, lastTransitionTime: AT });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata(name, namespaceOf(index)),
      labels: { app: `web-${service}`, 'pod-template-hash': uidOf(`web-${service}`).slice(0, 8) },
    },
    spec: {
      nodeName: nodeName(on),
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      containers: [
        {
          name: 'app',
          image: `registry.example/web-${service}:1.2.3`,
          ports: [{ name: 'http', containerPort: APP_PORT, protocol: 'TCP' }],
          env: [{ name: 'PORT', value: String(APP_PORT) }],
          resources: { requests: { cpu: '100m', memory: '128Mi' } },
          readinessProbe: { httpGet: { path: '/ready', port: APP_PORT, scheme: 'HTTP' }, periodSeconds: 5 },
        },
      ],
    },
    status: {
      phase: 'Running',
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(condition),
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: AT,
      containerStatuses: [
        {
          name: 'app',
          image: `registry.example/web-${service}:1.2.3`,
          imageID: '',
          ready: true,
          started: true,
          restartCount: 0,
          state: { running: { startedAt: AT } },
        },
      ],
    },
  };
}
