import type { Condition } from '../../api/types/meta.ts';

export function conditionOf(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/** `conditions` with `condition` in place of its like. One that says the same for the same reason stays as it is. */
export function withCondition(conditions: readonly Condition[], condition: Condition, now: string): Condition[] {
  const known = conditionOf(conditions, condition.type);
  if (known?.status === condition.status && known.reason === condition.reason) return [...conditions];
  return renewed(conditions, condition, now);
}

/** As `withCondition`, but the condition's lastUpdateTime becomes `now` even when nothing else changes. */
export function renewed(conditions: readonly Condition[], condition: Condition, now: string): Condition[] {
  const known = conditionOf(conditions, condition.type);
  const since = known?.status === condition.status ? known.lastTransitionTime : undefined;
  const fresh = { ...condition, lastUpdateTime: now, lastTransitionTime: since ?? now };
  return [...conditions.filter(({ type }) => type !== condition.type), fresh];
}
