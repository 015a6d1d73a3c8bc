import { type BackoffPolicy, backoffMs } from '../base/backoff.ts';
import type { Clock, Timer } from '../base/clock.ts';

/** Told what becomes of each key: what a watermark needs. */
export interface WorkObserver {
  changed(key: string, revision: number): void;
  began(key: string): void;
  finished(key: string): void;
  failed(key: string): void;
}

const BACKOFF: BackoffPolicy = { baseMs: 5, maxMs: 30_000 };

/**
 * Keys that want work, each at most once in the queue and never worked on twice at a time. A key added while it is
 * being worked on is queued again when that work ends. Failures come back later, with a back-off of their own.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #observer: WorkObserver | undefined;
  readonly #ready: string[] = [];
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  readonly #later = new Map<string, { timer: Timer; at: number }>();
  readonly #failures = new Map<string, number>();
  #wake: (() => void)[] = [];
  #closed = false;

  constructor(options: { clock: Clock; observer?: WorkObserver | undefined }) {
    this.#clock = options.clock;
    this.#observer = options.observer;
  }

  /** How many keys wait or are being worked on, those that come back later not counted. */
  get length(): number {
    return this.#waiting.size + this.#running.size;
  }

  /** Asks for work on `key`. With `revision`, the work counts as unfinished at that revision for the observer. */
  add(key: string, revision?: number): void {
    if (this.#closed) return;
    if (revision !== undefined) this.#observer?.changed(key, revision);
    this.#enqueue(key);
  }

  /** Asks for work on `key` after a while; the soonest of several such wishes counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    const at = this.#clock.monotonic() + delayMs;
    const wished = this.#later.get(key);
    if (wished && wished.at <= at) return;
    wished?.timer.cancel();
    const timer = this.#clock.timer(delayMs, () => {
      this.#later.delete(key);
      this.#enqueue(key);
    });
    this.#later.set(key, { timer, at });
  }

  /** The next key, which the caller must hand back with `done`. Undefined when the queue was closed. */
  async take(): Promise<string | undefined> {
    for (;;) {
      if (this.#closed) return undefined;
      const key = this.#ready.shift();
      if (key !== undefined) {
        this.#waiting.delete(key);
        this.#running.add(key);
        this.#observer?.began(key);
        return key;
      }
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Work on `key` ended. A failure brings it back after its back-off, or at once when a change came meanwhile. */
  done(key: string, outcome: 'finished' | 'failed'): void {
    this.#running.delete(key);
    if (outcome === 'finished') {
      this.#failures.delete(key);
      this.#observer?.finished(key);
    } else {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      this.#observer?.failed(key);
      if (!this.#waiting.has(key)) this.addAfter(key, backoffMs(BACKOFF, failures));
    }
    if (this.#waiting.has(key)) this.#push(key);
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#later.values()) timer.cancel();
    this.#later.clear();
    this.#wakeAll();
  }

  #enqueue(key: string): void {
    if (this.#closed || this.#waiting.has(key)) return;
    this.#waiting.add(key);
    if (!this.#running.has(key)) this.#push(key);
  }

  #push(key: string): void {
    this.#ready.push(key);
    this.#wake.shift()?.();
  }

  #wakeAll(): void {
    const sleepers = this.#wake;
    this.#wake = [];
    for (const wake of sleepers) wake();
  }
}
