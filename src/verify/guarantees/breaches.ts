import type { Violation } from './guarantee.ts';
import type { RolloutMoment } from './rolloutbounds.ts';

export interface Bound {
  boundOf(moment: RolloutMoment): number;
  holds(moment: RolloutMoment): boolean;
  /** Whether a breach at this moment is one; every breach is when absent. */
  counts?(moment: RolloutMoment): boolean;
  describe(moment: RolloutMoment): string;
}

/**
 * The moments at which a bound of a Deployment stopped holding. A bound counts from when it first held: not while the
 * Deployment comes up, nor after scaling has moved the bound and before the pods have followed.
 */
export function breaches(moments: readonly RolloutMoment[], bound: Bound): Violation[] {
  const states = new Map<string, { bound: number; held: boolean; broken: boolean }>();
  return moments.flatMap((moment) => {
    const before = states.get(moment.deployment);
    const value = bound.boundOf(moment);
    const holds = bound.holds(moment);
    const held = holds || (before?.bound === value && before.held);
    const broken = held && !holds && (bound.counts?.(moment) ?? true);
    states.set(moment.deployment, { bound: value, held, broken });
    return broken && !before?.broken ? [{ at: moment.at, what: bound.describe(moment) }] : [];
  });
}
