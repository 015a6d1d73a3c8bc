import { assert } from './assert.ts';

/** How long to wait after the n-th failure in a row: `baseMs` doubled each time, never more than `maxMs`. */
export interface BackoffPolicy {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Delay in milliseconds after `failures` failures in a row (1 or more). */
export function backoffMs(policy: BackoffPolicy, failures: number): number {
  assert(failures >= 1, 'backoff is asked for after at least one failure');
  return Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(failures - 1, 40));
}
