import type { Clock } from '../../base/clock.ts';

/** How long writes are gathered when there are many of them. */
export const GATHER_MS = 10;
/** How many writes go at once, over all streams, within that time: each costs some microseconds. */
export const AT_ONCE_MAX = 100;

export interface Flushable {
  flush(): void;
}

/**
 * Gathers small writes when there are many: what costs is the number of writes (1,000 streams with a write for each of
 * 1,000 events a second are past what a core can do; gathered for 10 ms they are not). A few go at once: the events of a
 * pod's release follow each other within milliseconds, and each one held back would hold the pod up.
 */
export class Gatherer {
  readonly #clock: Clock;
  readonly #waiting = new Set<Flushable>();
  #isTicking = false;
  #windowAt = Number.NEGATIVE_INFINITY;
  #writes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether one more write may go at once; counts it when it may. */
  takesOneMore(): boolean {
    const now = this.#clock.monotonic();
    if (now - this.#windowAt >= GATHER_MS) {
      this.#windowAt = now;
      this.#writes = 0;
    }
    if (this.#writes >= AT_ONCE_MAX) return false;
    this.#writes++;
    return true;
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
