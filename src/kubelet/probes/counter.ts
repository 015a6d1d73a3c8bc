import type { Probe } from '../../api/types/core.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/**
 * Turns single results into a verdict by the thresholds of a probe: pure. A verdict changes after `successThreshold`
 * successes or `failureThreshold` failures in a row.
 */
export class ProbeCounter {
  readonly #probe: Probe;
  #verdict: boolean;
  #successes = 0;
  #failures = 0;

  /** `initial`: the verdict before the first result; readiness and startup begin false, liveness true. */
  constructor(probe: Probe, initial: boolean) {
    this.#probe = probe;
    this.#verdict = initial;
  }

  get verdict(): boolean {
    return this.#verdict;
  }

  get failedForGood(): boolean {
    return this.#failures >= (this.#probe.failureThreshold ?? 3);
  }

  /** Takes one result into account; true when the verdict changed. */
  take(success: boolean): boolean {
    this.#successes = success ? this.#successes + 1 : 0;
    this.#failures = success ? 0 : this.#failures + 1;
    const before = this.#verdict;
    if (success && this.#successes >= (this.#probe.successThreshold ?? 1)) this.#verdict = true;
    if (!success && this.failedForGood) this.#verdict = false;
    return this.#verdict !== before;
  }
}
