import type { Clock, Timer } from './clock.ts';

/** A clock that stands still until told: `advance` fires timers in the order of their time, then of their making. */
export class FakeClock implements Clock {
  #nowMs: number;
  #sequence = 0;
  #timers: { at: number; order: number; fire: () => void }[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  timer(delayMs: number, fire: () => void): Timer {
    const entry = { at: this.#nowMs + Math.max(0, delayMs), order: this.#sequence++, fire };
    this.#timers.push(entry);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== entry);
      },
    };
  }

  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Moves time on by `ms`, firing what falls due on the way and letting each firing's promises run out. */
  async advance(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    await this.turn();
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#nowMs = Math.max(this.#nowMs, due.at);
      due.fire();
      await this.turn();
    }
    this.#nowMs = end;
    await this.turn();
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#timers.length;
  }
}
