import { isPodReady } from './servicepods.ts';
import type { Pod } from './types/core.ts';

/** Neither ended nor being deleted: what controllers count. */
export function isPodActive(pod: Pod): boolean {
  const { phase } = pod.status ?? {};
  return phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined;
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  return isPodReady(pod) && (minReadySeconds === 0 || availableAt(pod, minReadySeconds) <= now);
}

/** When the pod has been ready for `minReadySeconds`, in milliseconds since the epoch; infinite when it is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number {
  const ready = pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
  return ready?.lastTransitionTime
    ? Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000
    : Number.POSITIVE_INFINITY;
}
