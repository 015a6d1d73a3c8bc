import type { History } from '../history.ts';

/** A promise that can be checked against what was recorded. Pure: the same history gives the same violations. */
export interface Guarantee {
  readonly name: string;
  /** The promise, in a sentence. */
  readonly says: string;
  /** Every time it was broken; empty when it held. */
  violations(history: History): Violation[];
}

export interface Violation {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What happened and what was promised, in a sentence. */
  readonly what: string;
}
