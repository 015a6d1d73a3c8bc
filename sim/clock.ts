import type { Clock, Timer } from '../src/base/clock.ts';
import type { Random } from '../src/base/random.ts';
import { Heap } from '../src/scheduler/heap.ts';
import { splitRandom } from './random.ts';

/** Simulated time begins here, in milliseconds since the epoch. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

interface Event {
  readonly at: number;
  readonly key: number;
  readonly order: number;
  readonly owner: string;
  /** Touches no component: nothing has to finish before the next event. */
  readonly silent: boolean;
  fire: (() => void) | undefined;
}

/** What an event is for: its owner is named when the world stalls. */
export interface EventOptions {
  readonly owner?: string;
  /** The event changes only the simulated outside (packets, sockets), so that no promise of a component waits on it. */
  readonly silent?: boolean;
}

/** Nobody waits for time, or the bound was reached, and what was waited for did not come. */
export class StallError extends Error {
  override readonly name = 'StallError';
}

/**
 * Simulated time: one heap of events, ordered by their time and then by a key drawn from the seed, so that whatever
 * happens at one moment happens in an order that each seed chooses anew. Between two events every promise chain runs to
 * its end: a macrotask turn.
 */
export class SimTime {
  readonly #random: Random;
  readonly #heap = new Heap<Event>((a, b) => a.at - b.at || a.key - b.key || a.order - b.order);
  readonly #turn: () => Promise<void>;
  #now = 0;
  #order = 0;
  /** Told what an event threw; by default the run ends with it. */
  onError: (error: unknown) => void = (error) => {
    throw error;
  };
  /** How many events were fired so far. */
  fired = 0;

  constructor(seed: number, turn: () => Promise<void> = () => new Promise((resolve) => setImmediate(resolve))) {
    this.#random = splitRandom(seed, 'order of events');
    this.#turn = turn;
  }

  /** Milliseconds since the world began. */
  get now(): number {
    return this.#now;
  }

  /** Calls `fire` after `delayMs`. */
  after(delayMs: number, fire: () => void, options: EventOptions = {}): Timer {
    const event: Event = {
      at: this.#now + Math.max(0, delayMs),
      key: this.#random.next(),
      order: this.#order++,
      owner: options.owner ?? 'the world',
      silent: options.silent ?? false,
      fire,
    };
    this.#heap.push(event);
    return {
      cancel: () => {
        event.fire = undefined;
      },
    };
  }

  /** Resolves after `delayMs`. */
  pause(delayMs: number, options: EventOptions = {}): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve, options));
  }

  /** A clock for one component. It falls silent when the component is killed. */
  clock(owner: string, options: { skewMs?: number } = {}): SimClock {
    return new SimClock(this, { owner, skewMs: options.skewMs ?? 0 });
  }

  /** Moves on by `ms`. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    while (await this.#step(end));
    this.#now = end;
  }

  /**
   * Moves on until nothing is `missing`, which is asked every `everyMs`. Rejects with `StallError` that says what was
   * missing and who waits for time, when `boundMs` have passed or nobody waits for time any more.
   */
  async until(missing: () => string | undefined, bound: { boundMs: number; everyMs: number }): Promise<void> {
    const end = this.#now + bound.boundMs;
    await this.#turn();
    for (let lack = missing(); lack !== undefined; lack = missing()) {
      const isIdle = this.#heap.size === 0;
      if (isIdle || this.#now >= end) {
        const why = isIdle ? 'nobody waits for time any more' : `${bound.boundMs / 1000} s have passed`;
        throw new StallError(`${why}, and still missing: ${lack}. Waiting for time: ${this.#waiting()}`);
      }
      await this.advance(Math.min(bound.everyMs, end - this.#now));
    }
  }

  async #step(end: number): Promise<boolean> {
    for (;;) {
      const next = this.#heap.peek();
      if (!next || next.at > end) return false;
      this.#heap.pop();
      if (!next.fire) continue;
      this.#now = next.at;
      this.fired++;
      this.#fire(next.fire);
      if (!next.silent) await this.#turn();
      return true;
    }
  }

  /** What a component throws in a timer would end its process: it is told, and the world goes on. */
  #fire(fire: () => void): void {
    try {
      fire();
    } catch (error) {
      this.onError(error);
    }
  }

  #waiting(): string {
    const counts = new Map<string, number>();
    const events: Event[] = [];
    for (let event = this.#heap.pop(); event; event = this.#heap.pop()) events.push(event);
    for (const event of events) {
      this.#heap.push(event);
      if (event.fire) counts.set(event.owner, (counts.get(event.owner) ?? 0) + 1);
    }
    const texts = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([owner, count]) => `${owner} (${count})`);
    return texts.join(', ') || 'nobody';
  }
}

/** The clock of one component: wall time may be wrong by its skew; killed, it never fires again. */
export class SimClock implements Clock {
  readonly #time: SimTime;
  readonly #owner: string;
  readonly #timers = new Set<Timer>();
  readonly #skewMs: number;
  #killed = false;

  constructor(time: SimTime, options: { owner: string; skewMs: number }) {
    this.#time = time;
    this.#owner = options.owner;
    this.#skewMs = options.skewMs;
  }

  now(): number {
    return EPOCH_MS + Math.floor(this.#time.now + this.#skewMs);
  }

  monotonic(): number {
    return this.#time.now;
  }

  timer(delayMs: number, fire: () => void): Timer {
    if (this.#killed) return { cancel() {} };
    const timer = this.#time.after(
      delayMs,
      () => {
        this.#timers.delete(timer);
        fire();
      },
      { owner: this.#owner },
    );
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  turn(): Promise<void> {
    return new Promise((resolve) => this.timer(0, resolve));
  }

  /** The component is gone in the middle of whatever it did. */
  kill(): void {
    this.#killed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
