import type { Deployment } from '../../api/types/apps.ts';
import type { IntOrString } from '../../api/types/meta.ts';

/** Between what numbers of pods a rollout moves. */
export interface RolloutBounds {
  readonly replicas: number;
  /** Pods there may be beyond `replicas`. */
  readonly maxSurge: number;
  /** Pods that may be missing from `replicas`. */
  readonly maxUnavailable: number;
}

/** Percentages are of the wanted replicas; the surge is rounded up, the unavailable down; not both are 0. */
export function rolloutBoundsOf({ spec }: Deployment): RolloutBounds {
  const replicas = spec.replicas ?? 1;
  if (spec.strategy?.type === 'Recreate') return { replicas, maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge, maxUnavailable } = spec.strategy?.rollingUpdate ?? {};
  const surge = Math.ceil(amountOf(maxSurge ?? '25%', replicas));
  const unavailable = Math.floor(amountOf(maxUnavailable ?? '25%', replicas));
  const most = surge === 0 && unavailable === 0 ? 1 : unavailable;
  return { replicas, maxSurge: surge, maxUnavailable: Math.min(most, replicas) };
}

function amountOf(value: IntOrString, of: number): number {
  return typeof value === 'number' ? value : (Number.parseInt(value, 10) * of) / 100;
}
