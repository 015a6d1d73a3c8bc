import type { Clock, Timer } from '../../base/clock.ts';

/**
 * Time during which this process was able to hear: after a stop of the whole process (SIGSTOP, a suspended machine) only
 * a little of the gap counts, so that nobody is taken for silent who could not be heard.
 */
export class AwakeClock {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #onTick: () => void;
  #timer: Timer | undefined;
  #elapsedMs = 0;
  #lastAt = 0;

  constructor(clock: Clock, options: { periodMs: number; onTick: () => void }) {
    this.#clock = clock;
    this.#periodMs = options.periodMs;
    this.#onTick = options.onTick;
  }

  /** Milliseconds awake since the start. */
  now(): number {
    this.#count();
    return this.#elapsedMs;
  }

  start(): void {
    this.#lastAt = this.#clock.monotonic();
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #schedule(): void {
    this.#timer = this.#clock.timer(
      this.#periodMs,
      () => {
        this.#count();
        this.#onTick();
        this.#schedule();
      },
      { background: true },
    );
  }

  #count(): void {
    const at = this.#clock.monotonic();
    this.#elapsedMs += Math.min(at - this.#lastAt, 2 * this.#periodMs);
    this.#lastAt = at;
  }
}
