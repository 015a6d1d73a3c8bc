import { matcherOf } from '../../api/selector.ts';
import { isPodReady } from '../../api/servicepods.ts';
import type { Deployment, ReplicaSet } from '../../api/types/apps.ts';
import type { Pod } from '../../api/types/core.ts';
import type { IntOrString } from '../../api/types/meta.ts';
import { type History, inOrderOfWrites, type Sighting, sightingsOf } from '../history.ts';

/** The state of one Deployment's rollout after one write. */
export interface RolloutMoment {
  readonly at: number;
  readonly deployment: string;
  readonly replicas: number;
  /** Between the arrival of a new ReplicaSet and the moment when its pods alone are enough. */
  readonly rolling: boolean;
  /** Fewest pods that may be available, most that its ReplicaSets may ask for. */
  readonly minAvailable: number;
  readonly maxReplicas: number;
  /** Pods that are ready, have been for `minReadySeconds`, and are not being deleted. */
  readonly available: number;
  /** Sum of what its ReplicaSets ask for: what Kubernetes bounds by maxSurge. */
  readonly asked: number;
  /** Pods that exist and are not being deleted. */
  readonly pods: number;
}

/** Replays the writes and gives the state of every rolling Deployment after each, in order. */
export function rolloutMoments(history: History): RolloutMoment[] {
  const world = new World();
  const seen = [
    ...sightingsOf(history, 'Deployment'),
    ...sightingsOf(history, 'ReplicaSet'),
    ...sightingsOf(history, 'Pod'),
  ];
  return inOrderOfWrites<Deployment | ReplicaSet | Pod>(seen).flatMap((sighting) => {
    world.apply(sighting);
    return world.moments(sighting.at);
  });
}

/** What `maxUnavailable` and `maxSurge` come to, rounded as Kubernetes does: down and up; never both zero. */
export function rolloutBounds(deployment: Deployment): { minAvailable: number; maxReplicas: number } {
  const replicas = deployment.spec.replicas ?? 1;
  const { maxUnavailable = '25%', maxSurge = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = Math.ceil(share(maxSurge, replicas));
  const unavailable = Math.floor(share(maxUnavailable, replicas));
  const mayMiss = surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas);
  return { minAvailable: replicas - mayMiss, maxReplicas: replicas + surge };
}

function share(value: IntOrString, of: number): number {
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? (Number(value.slice(0, -1)) * of) / 100 : Number(value);
}

class World {
  readonly #deployments = new Map<string, Deployment>();
  readonly #replicaSets = new Map<string, ReplicaSet>();
  readonly #pods = new Map<string, { pod: Pod; readySince: number | undefined }>();
  /** By Deployment: its newest ReplicaSet, and whether that one is still taking over. */
  readonly #rollouts = new Map<string, { newest: string | undefined; rolling: boolean }>();

  apply({ at, type, object }: Sighting<Deployment | ReplicaSet | Pod>): void {
    const { uid } = object.metadata;
    if (object.kind === 'Pod') this.#applyPod({ at, type, object: object as Pod });
    else if (object.kind === 'Deployment') replace(this.#deployments, { uid, type, object: object as Deployment });
    else replace(this.#replicaSets, { uid, type, object: object as ReplicaSet });
  }

  moments(at: number): RolloutMoment[] {
    return [...this.#deployments.values()]
      .filter((deployment) => deployment.spec.strategy?.type !== 'Recreate')
      .map((deployment) => this.#momentOf(deployment, at));
  }

  #applyPod({ at, type, object }: Sighting<Pod>): void {
    const { uid } = object.metadata;
    if (type === 'DELETED') {
      this.#pods.delete(uid);
      return;
    }
    const before = this.#pods.get(uid)?.readySince;
    this.#pods.set(uid, { pod: object, readySince: isPodReady(object) ? (before ?? at) : undefined });
  }

  #momentOf(deployment: Deployment, at: number): RolloutMoment {
    const { metadata, spec } = deployment;
    const selects = matcherOf(spec.selector);
    const mine = [...this.#pods.values()].filter(({ pod }) => {
      const ended = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
      return pod.metadata.namespace === metadata.namespace && !isDeleted(pod) && !ended && selects(pod.metadata.labels);
    });
    const readyBefore = at - (spec.minReadySeconds ?? 0) * 1000;
    const available = mine.filter(({ readySince }) => readySince !== undefined && readySince <= readyBefore);
    const sets = [...this.#replicaSets.values()].filter((set) => isOwnedBy(set, metadata.uid));
    return {
      at,
      deployment: `${metadata.namespace}/${metadata.name}`,
      replicas: spec.replicas ?? 1,
      rolling: this.#isRolling(deployment, { sets, available: available.map(({ pod }) => pod) }),
      ...rolloutBounds(deployment),
      available: available.length,
      asked: sets.reduce((sum, set) => sum + (set.spec.replicas ?? 1), 0),
      pods: mine.length,
    };
  }

  #isRolling(deployment: Deployment, now: { sets: readonly ReplicaSet[]; available: readonly Pod[] }): boolean {
    const { uid } = deployment.metadata;
    const newest = newestOf(now.sets);
    const others = now.sets.filter((set) => set !== newest);
    const othersAsk = others.some((set) => (set.spec.replicas ?? 1) > 0);
    const known = this.#rollouts.get(uid);
    const begun =
      known?.newest === newest?.metadata.uid ? (known?.rolling ?? othersAsk) : known?.newest !== undefined || othersAsk;
    const own = now.available.filter((pod) => isOwnedBy(pod, newest?.metadata.uid ?? ''));
    const over = !othersAsk && own.length >= (deployment.spec.replicas ?? 1);
    this.#rollouts.set(uid, { newest: newest?.metadata.uid, rolling: begun && !over });
    return begun;
  }
}

/** The set of the newest revision; among equals the one that came last. */
function newestOf(sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const revision = ({ metadata }: ReplicaSet) =>
    Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  return [...sets].reverse().sort((a, b) => revision(b) - revision(a))[0];
}

function replace<T>(map: Map<string, T>, change: { uid: string; type: Sighting['type']; object: T }): void {
  if (change.type === 'DELETED') map.delete(change.uid);
  else map.set(change.uid, change.object);
}

function isDeleted(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

function isOwnedBy(object: ReplicaSet | Pod, uid: string): boolean {
  return (object.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid);
}
