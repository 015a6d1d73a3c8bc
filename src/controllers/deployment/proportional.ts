import type { Deployment, ReplicaSet } from '../../api/types/apps.ts';
import type { RolloutBounds } from './bounds.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS } from './revisions.ts';
import { availableOf, oldestFirst, type Sizes, sizeOf, sumOf } from './rolling.ts';

/** Whether `replicas` has changed since the sets got their sizes. */
export function isScaling(sets: readonly ReplicaSet[], { replicas }: RolloutBounds): boolean {
  return sets.some((set) => {
    const desired = set.metadata.annotations?.[DESIRED_REPLICAS];
    return sizeOf(set) > 0 && desired !== undefined && Number(desired) !== replicas;
  });
}

/**
 * Sizes after a change of `replicas`. Where one set has all the pods it takes the change; a finished rollout loses its
 * old sets; in mid-rollout each set takes its share, so that the rollout stays as far as it was and a bad new template
 * gets no more than its part. Undefined when there is nothing to share out, or the strategy knows better.
 */
export function scaledSizes(
  deployment: Deployment,
  sets: { newest: ReplicaSet | undefined; old: readonly ReplicaSet[] },
  bounds: RolloutBounds,
): Sizes | undefined {
  const { newest, old } = sets;
  const active = [...old, ...(newest ? [newest] : [])].filter((set) => sizeOf(set) > 0);
  const only = active.length > 1 ? undefined : (active[0] ?? newest ?? [...old].sort(oldestFirst).at(-1));
  if (only) return new Map([[only, bounds.replicas]]);
  if (active.length === 0) return undefined;
  if (newest && isSaturated(newest, bounds)) {
    return new Map(active.filter((set) => set !== newest).map((set) => [set, 0]));
  }
  return deployment.spec.strategy?.type === 'Recreate' ? undefined : shares(deployment, active, bounds);
}

function isSaturated(set: ReplicaSet, { replicas }: RolloutBounds): boolean {
  const desired = Number(set.metadata.annotations?.[DESIRED_REPLICAS]);
  return sizeOf(set) === replicas && desired === replicas && availableOf(set) === replicas;
}

function shares(deployment: Deployment, active: readonly ReplicaSet[], bounds: RolloutBounds): Sizes {
  const allowed = bounds.replicas > 0 ? bounds.replicas + bounds.maxSurge : 0;
  const toAdd = allowed - sumOf(active, sizeOf);
  const ordered = [...active].sort(
    (a, b) => sizeOf(b) - sizeOf(a) || (toAdd > 0 ? oldestFirst(b, a) : oldestFirst(a, b)),
  );
  const sizes = new Map<ReplicaSet, number>();
  let left = toAdd;
  for (const set of ordered) {
    const share = shareOf(deployment, set, bounds);
    const part = toAdd > 0 ? Math.max(0, Math.min(share, left)) : Math.min(0, Math.max(share, left));
    left -= part;
    sizes.set(set, sizeOf(set) + part);
  }
  // What rounding left over goes to the largest.
  const largest = ordered[0];
  if (largest) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + left));
  return sizes;
}

/** By how much the set grows (or shrinks, negative) if the whole grows from what it was to what it may be now. */
function shareOf(deployment: Deployment, set: ReplicaSet, { replicas, maxSurge }: RolloutBounds): number {
  if (replicas === 0) return -sizeOf(set);
  const before = Number(set.metadata.annotations?.[MAX_REPLICAS] ?? 0) || (deployment.status?.replicas ?? 0);
  if (before <= 0) return 0;
  return Math.round((sizeOf(set) * (replicas + maxSurge)) / before) - sizeOf(set);
}
