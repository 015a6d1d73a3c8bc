import { availableAt, isPodActive, isPodAvailable } from '../../api/podstate.ts';
import { isPodReady } from '../../api/servicepods.ts';
import type { ReplicaSet, ReplicaSetStatus } from '../../api/types/apps.ts';
import type { Pod } from '../../api/types/core.ts';

const BURST_MAX = 500;
export const DELETION_COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost';

export interface ReplicaSetPlan {
  /** How many pods to make. */
  readonly create: number;
  readonly remove: readonly Pod[];
  readonly status: ReplicaSetStatus;
  /** When to look again although nothing changed, in milliseconds from `now`; undefined for never. */
  readonly lookAgainMs: number | undefined;
}

/**
 * What has to change so that `set` has as many pods as it wants, and what its status is: pure. `pods` are those it owns.
 * Pods to remove are chosen as Kubernetes chooses them: see `deletionOrder`.
 */
export function planReplicaSet(set: ReplicaSet, pods: readonly Pod[], now: number): ReplicaSetPlan {
  const active = pods.filter(isPodActive);
  const wanted = set.metadata.deletionTimestamp ? active.length : (set.spec.replicas ?? 1);
  const surplus = Math.min(BURST_MAX, active.length - wanted);
  const minReady = set.spec.minReadySeconds ?? 0;
  return {
    create: Math.min(BURST_MAX, Math.max(0, wanted - active.length)),
    remove: surplus > 0 ? [...active].sort(deletionOrder(active, now)).slice(0, surplus) : [],
    status: statusOf(set, pods, now),
    lookAgainMs: nextAvailability(active, minReady, now),
  };
}

function statusOf(set: ReplicaSet, pods: readonly Pod[], now: number): ReplicaSetStatus {
  const active = pods.filter(isPodActive);
  const template = Object.entries(set.spec.template.metadata?.labels ?? {});
  const labeled = active.filter(({ metadata }) => template.every(([key, value]) => metadata.labels?.[key] === value));
  const conditions = set.status?.conditions;
  return {
    replicas: active.length,
    fullyLabeledReplicas: labeled.length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length,
    terminatingReplicas: pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length,
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions ? { conditions } : {}),
  };
}

function nextAvailability(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  const waits = pods
    .map((pod) => availableAt(pod, minReadySeconds) - now)
    .filter((wait) => wait > 0 && Number.isFinite(wait));
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

type Ranking = (pod: Pod) => number;

/**
 * The order in which surplus pods go: not scheduled before scheduled, Pending before Unknown before Running, not ready
 * before ready, lower deletion cost first (KEP-2255), more of them on one node first, ready more recently first, more
 * restarts first, younger first. Ages count in powers of two (KEP-2185), so that small differences do not decide.
 */
function deletionOrder(pods: readonly Pod[], now: number): (a: Pod, b: Pod) => number {
  const perNode = new Map<string, number>();
  for (const { spec } of pods) perNode.set(spec.nodeName ?? '', (perNode.get(spec.nodeName ?? '') ?? 0) + 1);
  const phases = ['Pending', 'Unknown', 'Running'];
  const rankings: Ranking[] = [
    (pod) => (pod.spec.nodeName ? 1 : 0),
    (pod) => phases.indexOf(pod.status?.phase ?? 'Pending'),
    (pod) => (isPodReady(pod) ? 1 : 0),
    (pod) => Number(pod.metadata.annotations?.[DELETION_COST_ANNOTATION] ?? 0),
    (pod) => -(perNode.get(pod.spec.nodeName ?? '') ?? 0),
    (pod) => magnitude(now - readySince(pod)),
    (pod) => -restarts(pod),
    (pod) => magnitude(now - Date.parse(pod.metadata.creationTimestamp)),
  ];
  return (a, b) => {
    for (const rank of rankings) {
      const difference = rank(a) - rank(b);
      if (difference !== 0) return difference;
    }
    return a.metadata.uid < b.metadata.uid ? -1 : 1;
  };
}

function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1;
}

function readySince(pod: Pod): number {
  const since = availableAt(pod, 0);
  return Number.isFinite(since) ? since : 0;
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}
