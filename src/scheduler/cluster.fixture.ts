import type { Node, Pod } from '../api/types/core.ts';
import { type Random, seededRandom } from '../base/random.ts';
import { type Decision, schedule } from './schedule.ts';
import { Snapshot } from './snapshot.ts';

// What the tests of this folder share: nodes and pods in short.

export interface NodeShort {
  labels?: Record<string, string>;
  cpu?: string;
  memory?: string;
  pods?: string;
  ready?: 'True' | 'False' | 'Unknown';
  spec?: Node['spec'];
  allocatable?: Record<string, string>;
}

export function nodeOf(name: string, short: NodeShort = {}): Node {
  const { cpu = '4', memory = '8Gi', pods = '110' } = short;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'kubernetes.io/hostname': name, ...short.labels },
    },
    ...(short.spec ? { spec: short.spec } : {}),
    status: {
      allocatable: { cpu, memory, pods, ...short.allocatable },
      conditions: [{ type: 'Ready', status: short.ready ?? 'True' }],
    },
  };
}

export interface PodShort {
  namespace?: string;
  labels?: Record<string, string>;
  owner?: string;
  requests?: Record<string, string>;
  spec?: Partial<Pod['spec']>;
}

export function podOf(name: string, short: PodShort = {}): Pod {
  const { namespace = 'default', labels = {}, owner, requests, spec } = short;
  const reference = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: owner ?? '',
    uid: owner ?? '',
    controller: true,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels,
      ...(owner ? { ownerReferences: [reference] } : {}),
    },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'main', image: 'busybox', ...(requests ? { resources: { requests } } : {}) }],
      ...spec,
    },
  };
}

/** A snapshot of `nodes`, with pods on some of them. */
export function snapshotOf(nodes: readonly Node[], placed: Record<string, readonly Pod[]> = {}): Snapshot {
  const snapshot = new Snapshot();
  for (const node of nodes) snapshot.setNode(node);
  for (const [name, pods] of Object.entries(placed)) for (const pod of pods) snapshot.setPod(pod, name);
  return snapshot;
}

/** Places pods one after the other, as the scheduler does; returns the names of their nodes, or why there is none. */
export function placeAll(snapshot: Snapshot, pods: readonly Pod[], random: Random = seededRandom(1)): string[] {
  return pods.map((pod) => {
    const decision = schedule(snapshot, pod, { random });
    if (decision.kind === 'placed') snapshot.setPod(pod, decision.nodeName);
    return outcomeOf(decision);
  });
}

/** The node's name, or the message that says why there is none. */
export function outcomeOf(decision: Decision): string {
  return decision.kind === 'placed' ? decision.nodeName : decision.message;
}
