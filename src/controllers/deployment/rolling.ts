import type { ReplicaSet } from '../../api/types/apps.ts';
import type { RolloutBounds } from './bounds.ts';

/** How large a set shall be. */
export type Sizes = ReadonlyMap<ReplicaSet, number>;

export function sizeOf(set: ReplicaSet): number {
  return set.spec.replicas ?? 1;
}

export function availableOf({ status }: ReplicaSet): number {
  return status?.availableReplicas ?? 0;
}

export function sumOf(sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number): number {
  return sets.reduce((sum, set) => sum + count(set), 0);
}

export function oldestFirst(a: ReplicaSet, b: ReplicaSet): number {
  const [one, other] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return one === other ? (a.metadata.name < b.metadata.name ? -1 : 1) : one < other ? -1 : 1;
}

/**
 * How large the set of the newest template may become now: `replicas`, or less while the old sets leave no room. A pod
 * that an old set still has counts, although the set has been told to remove it: the bound is on pods, not on wishes.
 */
export function newestSize(newest: ReplicaSet | undefined, old: readonly ReplicaSet[], bounds: RolloutBounds): number {
  const size = newest ? sizeOf(newest) : 0;
  if (size >= bounds.replicas) return bounds.replicas;
  const present = (set: ReplicaSet) => Math.max(sizeOf(set), set.status?.replicas ?? 0);
  const room = bounds.replicas + bounds.maxSurge - sumOf(old, present) - (newest ? present(newest) : 0);
  return Math.min(bounds.replicas, size + Math.max(0, room));
}

/**
 * Which old sets become smaller now. Pods that are not available go first, since nobody misses them; then as many
 * available ones as there are beyond what must stay, from the oldest set on.
 */
export function oldSizes(newest: ReplicaSet, old: readonly ReplicaSet[], bounds: RolloutBounds): Sizes {
  const sizes = new Map<ReplicaSet, number>();
  const minAvailable = bounds.replicas - bounds.maxUnavailable;
  const notYetAvailable = Math.max(0, sizeOf(newest) - availableOf(newest));
  let removable = sumOf([newest, ...old], sizeOf) - minAvailable - notYetAvailable;
  if (removable <= 0) return sizes;
  const ordered = old.filter((set) => sizeOf(set) > 0).sort(oldestFirst);
  for (const set of ordered) {
    const unhealthy = Math.min(removable, Math.max(0, sizeOf(set) - availableOf(set)));
    removable -= unhealthy;
    sizes.set(set, sizeOf(set) - unhealthy);
  }
  // A set that has been told to shrink still shows pods it is about to lose.
  const staying = (set: ReplicaSet) => Math.min(availableOf(set), sizeOf(set));
  let spare = sumOf([newest, ...old], staying) - minAvailable;
  for (const set of ordered) {
    if (spare <= 0) break;
    const size = sizes.get(set) ?? 0;
    const fewer = Math.min(size, spare);
    spare -= fewer;
    sizes.set(set, size - fewer);
  }
  return sizes;
}
