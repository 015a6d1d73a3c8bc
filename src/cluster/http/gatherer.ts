import type { Clock } from '../../base/clock.ts';

/** How long writes of one stream are gathered once it is busy. */
export const GATHER_MS = 10;

export interface Flushable {
  flush(): void;
}

/**
 * Gathers small writes: one timer for all streams, since what costs is the number of writes (1,000 streams with a write
 * for each of 1,000 events a second are past what a core can do; gathered for 10 ms they are not).
 */
export class Gatherer {
  readonly #clock: Clock;
  readonly #waiting = new Set<Flushable>();
  #isTicking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.monotonic();
  }

  /** `stream.flush()` is called within `GATHER_MS`. */
  add(stream: Flushable): void {
    this.#waiting.add(stream);
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.#clock.timer(GATHER_MS, () => this.#tick(), { background: true });
  }

  delete(stream: Flushable): void {
    this.#waiting.delete(stream);
  }

  #tick(): void {
    this.#isTicking = false;
    const streams = [...this.#waiting];
    this.#waiting.clear();
    for (const stream of streams) stream.flush();
  }
}
