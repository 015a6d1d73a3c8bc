import type { Pod, Taint, Toleration } from '../../api/types/core.ts';
import { NOT_READY, UNREACHABLE } from './plan.ts';

/** How long a pod that says nothing of it stays on a node that is not ready or not reachable. */
const DEFAULT_TOLERATION_SECONDS = 300;

/** A taint that makes pods leave, with how long this controller has seen it. */
export interface SeenTaint {
  readonly taint: Taint;
  readonly seenForMs: number;
}

/** When a pod has to leave: `now`, in `inMs`, or never. */
export type Eviction = { readonly type: 'now' | 'never' } | { readonly type: 'later'; readonly inMs: number };

/** Decides by `taints`, all of effect NoExecute, whether and when `pod` has to leave its node. */
export function planEviction(pod: Pod, taints: readonly SeenTaint[]): Eviction {
  const tolerations = withDefaults(pod.spec.tolerations ?? []);
  let inMs = Number.POSITIVE_INFINITY;
  for (const { taint, seenForMs } of taints) {
    const matching = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return { type: 'now' };
    const seconds = Math.min(...matching.map((one) => Math.max(0, one.tolerationSeconds ?? Number.POSITIVE_INFINITY)));
    inMs = Math.min(inMs, seconds * 1000 - seenForMs);
  }
  if (inMs <= 0) return { type: 'now' };
  return inMs === Number.POSITIVE_INFINITY ? { type: 'never' } : { type: 'later', inMs };
}

/** Whether `toleration` is about `taint` (core/v1 Toleration: no key is every key, no effect every effect). */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return Boolean(toleration.key) && (toleration.value ?? '') === (taint.value ?? '');
}

/** What Kubernetes' admission adds to every pod that is silent about nodes that cannot be heard. */
function withDefaults(tolerations: readonly Toleration[]): readonly Toleration[] {
  const missing = [NOT_READY, UNREACHABLE].filter(
    (key) => !tolerations.some((one) => (!one.key || one.key === key) && (!one.effect || one.effect === 'NoExecute')),
  );
  const added = missing.map((key): Toleration => {
    return { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: DEFAULT_TOLERATION_SECONDS };
  });
  return [...tolerations, ...added];
}
