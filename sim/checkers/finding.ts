import type { Violation } from '../../src/verify/guarantees/guarantee.ts';

/** What a checker found: the guarantee that was broken, when (simulated milliseconds) and how. */
export interface Finding extends Violation {
  readonly guarantee: string;
  /** Names of pods, nodes and services that the trace is looked up for. */
  readonly about: readonly string[];
}
