import { isStatus, StatusError } from '../api/status.ts';
import type { Env } from '../base/env.ts';
import { TransportError } from './transport.ts';
import { type WorkObserver, WorkQueue } from './workqueue.ts';

/**
 * Makes the world what it should be for one key. It is given a key, never an event: it must be right after missing any
 * number of events, and when nothing is to be done it does nothing. An expected refusal may be thrown: the key comes
 * back with back-off. Anything else thrown is a programmer error and ends the component.
 */
export type Reconcile = (key: string) => Promise<{ requeueAfterMs?: number } | undefined>;

export interface ReconcilerOptions {
  readonly env: Env;
  readonly name: string;
  readonly reconcile: Reconcile;
  /** How many keys are worked on at a time; 1 by default. */
  readonly concurrency?: number;
  readonly observer?: WorkObserver;
}

/** Runs a `Reconcile` over a queue of keys until it is stopped. */
export class Reconciler {
  readonly queue: WorkQueue;
  readonly #options: ReconcilerOptions;
  #workers: Promise<void>[] = [];

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.queue = new WorkQueue({ clock: options.env.clock, observer: options.observer });
  }

  /** Starts working. Call it when the informers the reconcile reads have synced. */
  start(): this {
    this.#workers = Array.from({ length: this.#options.concurrency ?? 1 }, () => this.#work());
    return this;
  }

  /** Takes no new key and waits for those under way. */
  async stop(): Promise<void> {
    this.queue.close();
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) {
      this.queue.done(key, await this.#once(key));
    }
  }

  async #once(key: string): Promise<'finished' | 'failed'> {
    const { env, name, reconcile } = this.#options;
    try {
      const result = await reconcile(key);
      if (result?.requeueAfterMs !== undefined) this.queue.addAfter(key, result.requeueAfterMs);
      return 'finished';
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
      const level = isStatus(error, 'Conflict', 'AlreadyExists') ? 'debug' : 'warn';
      env.log[level](`${name} will try again`, { key, error: error.message });
      return 'failed';
    }
  }
}
