import type { SerializedEvent, WatchStream } from '../api/request.ts';
import { keyOf, type Resource } from '../api/resource.ts';
import { isStatus, type Status, StatusError, statusErrorFrom } from '../api/status.ts';
import type { KubeObject } from '../api/types/meta.ts';
import { assert } from '../base/assert.ts';
import { type BackoffPolicy, backoffMs } from '../base/backoff.ts';
import { delay } from '../base/clock.ts';
import { type Deferred, deferred } from '../base/deferred.ts';
import type { Env } from '../base/env.ts';
import type { Client } from './client.ts';
import { Indexer, type IndexFunctions } from './indexer.ts';
import { TransportError } from './transport.ts';

const BACKOFF: BackoffPolicy = { baseMs: 50, maxMs: 5_000 };
/** Failures in a row from which on somebody should look. */
const WORTH_A_WARNING = 3;

/**
 * What a change looks like to a handler. `revision` is a lower bound of the resourceVersion at which it happened: the
 * event's own for a watch event; for what a list brought, the one after the last that was known before.
 */
export interface Notification<T> {
  readonly key: string;
  readonly object: T | undefined;
  readonly previous: T | undefined;
  readonly revision: number;
  /** A list no longer had it: deleted, or forgotten by a server that lost its memory. No event ever said so. */
  readonly unlisted?: true;
}

export interface InformerOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly indexes?: IndexFunctions;
}

/**
 * A local, always catching-up copy of one kind: list, then watch, again from a list when the server has forgotten.
 *
 * 1. `revision` never goes back, and everything up to it has been handed to every handler (`informer.test.ts`).
 * 2. A handler that is added late is first told of all that is there.
 * 3. Objects are the server's own, shared and immutable.
 */
export class Informer<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly #client: Client;
  readonly #env: Env;
  readonly #options: InformerOptions;
  readonly #cache: Indexer<T>;
  readonly #handlers: ((notification: Notification<T>) => void)[] = [];
  readonly #progress: ((revision: number) => void)[] = [];
  /** Own writes whose events have not come yet: the state before them, and the revision of a removal. */
  readonly #ahead = new Map<string, { previous: T | undefined; removedAt?: number }>();
  readonly #synced: Deferred<void> = deferred();
  readonly #abort = new AbortController();
  #revision = 0;
  #running: Promise<void> | undefined;

  constructor(client: Client, resource: Resource<T>, options: InformerOptions & { env: Env }) {
    this.#client = client;
    this.resource = resource;
    this.#env = options.env;
    this.#options = options;
    this.#cache = new Indexer<T>(options.indexes ?? {});
  }

  /** The resourceVersion up to which this copy is complete; 0 before the first list. */
  get revision(): number {
    return this.#revision;
  }

  /** Resolves once the first list has been handed to the handlers. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  list(namespace?: string): T[] {
    return this.#cache.list(namespace);
  }

  byIndex(index: string, value: string): T[] {
    return this.#cache.byIndex(index, value);
  }

  onChange(handler: (notification: Notification<T>) => void): this {
    this.#handlers.push(handler);
    for (const object of this.#cache.list()) handler({ key: keyOf(object), object, previous: undefined, revision: 1 });
    return this;
  }

  /** Called after handlers have seen everything up to `revision`, bookmarks included. */
  onProgress(listener: (revision: number) => void): this {
    this.#progress.push(listener);
    return this;
  }

  /**
   * Takes an object that a write of the caller's own has just returned, so that the caller reads its writes before
   * their events come. Handlers are told when the event comes, with the state before the write as `previous`.
   */
  absorb(object: T): void {
    const key = keyOf(object);
    const revision = Number(object.metadata.resourceVersion);
    const known = this.#cache.get(key);
    const seen = Math.max(
      this.#revision,
      Number(known?.metadata.resourceVersion ?? 0),
      this.#ahead.get(key)?.removedAt ?? 0,
    );
    if (revision <= seen) return;
    if (!this.#ahead.has(key)) this.#ahead.set(key, { previous: known });
    this.#cache.set(key, object);
  }

  /** As `absorb`, for an object that was removed at `revision`. */
  absorbRemoval(key: string, revision: number): void {
    if (revision <= this.#revision) return;
    const ahead = this.#ahead.get(key);
    const previous = ahead ? ahead.previous : this.#cache.get(key);
    this.#ahead.set(key, { previous, removedAt: revision });
    this.#cache.delete(key);
  }

  start(): this {
    assert(!this.#running, 'an informer is started once');
    this.#running = this.#run();
    return this;
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('informer stopped'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    let failures = 0;
    let listed = false;
    while (!signal.aborted) {
      try {
        if (!listed) await this.#list(signal);
        listed = true;
        const events = await this.#watch(signal);
        failures = events > 0 ? 0 : failures + 1;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
        if (isStatus(error, 'Expired', 'Gone')) listed = false;
        failures++;
        this.#env.log[failures < WORTH_A_WARNING ? 'debug' : 'warn']('informer goes on after an error', {
          resource: this.resource.resource,
          error: String(error),
        });
      }
      if (failures > 0) await delay(this.#env.clock, backoffMs(BACKOFF, failures), signal).catch(() => {});
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    const list = await this.#client.of(this.resource).list({ namespace, labelSelector, fieldSelector }, signal);
    if (signal.aborted) return;
    const after = this.#revision + 1;
    const listed = Number(list.metadata.resourceVersion);
    const hadSome = this.#cache.size > 0;
    for (const object of list.items) this.#store(object, after);
    this.#settleRemovals(listed, after);
    if (hadSome) this.#dropUnlisted(list.items, { listed, after });
    this.#advance(listed);
    this.#synced.resolve();
  }

  #dropUnlisted(items: readonly T[], { listed, after }: { listed: number; after: number }): void {
    const present = new Set(items.map(keyOf));
    for (const object of this.#cache.list()) {
      const newer = Number(object.metadata.resourceVersion) > listed;
      if (!present.has(keyOf(object)) && !newer) this.#vanished(object, after);
    }
  }

  /** An object that a list no longer has. One of our own writing that came and went between is never told. */
  #vanished(object: T, revision: number): void {
    const key = keyOf(object);
    const ahead = this.#ahead.get(key);
    const previous = ahead ? ahead.previous : object;
    this.#ahead.delete(key);
    this.#cache.delete(key);
    if (previous) this.#notify({ key, object: undefined, previous, revision, unlisted: true });
  }

  /** Own removals that a list already takes into account will have no event of their own any more. */
  #settleRemovals(listed: number, revision: number): void {
    for (const [key, { previous, removedAt }] of this.#ahead) {
      if (removedAt === undefined || removedAt > listed) continue;
      // What we wrote under the same key afterwards is still to be told.
      if (this.#cache.get(key)) this.#ahead.set(key, { previous: undefined });
      else this.#ahead.delete(key);
      if (previous) this.#notify({ key, object: undefined, previous, revision });
    }
  }

  /** Follows one watch to its end. Resolves with the number of events it brought. */
  async #watch(signal: AbortSignal): Promise<number> {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    const stream = await this.#client.of(this.resource).watch(
      {
        namespace,
        labelSelector,
        fieldSelector,
        resourceVersion: String(this.#revision),
        allowWatchBookmarks: true,
      },
      signal,
    );
    return this.#follow(stream, signal);
  }

  #follow(stream: WatchStream, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      let events = 0;
      const finish = (settle: () => void) => {
        signal.removeEventListener('abort', onAbort);
        stream.close();
        settle();
      };
      const onAbort = () => finish(() => resolve(events));
      signal.addEventListener('abort', onAbort, { once: true });
      stream.start({
        onEvents: (batch) => {
          events += batch.length;
          try {
            this.#take(batch);
            return true;
          } catch (error) {
            finish(() => reject(error));
            return false;
          }
        },
        onEnd: () => finish(() => resolve(events)),
      });
    });
  }

  #take(batch: readonly SerializedEvent[]): void {
    if (this.#abort.signal.aborted) return;
    for (const { event } of batch) {
      if (event.type === 'ERROR') throw statusErrorFrom(event.object as Status);
      const object = event.object as T;
      const revision = Number(object.metadata.resourceVersion);
      if (revision <= this.#revision && event.type !== 'BOOKMARK') continue;
      if (event.type === 'DELETED') this.#forget(object, revision);
      else if (event.type !== 'BOOKMARK') this.#store(object, revision);
      this.#advance(revision, { notify: false });
    }
    this.#advance(this.#revision);
  }

  #advance(revision: number, options: { notify: boolean } = { notify: true }): void {
    this.#revision = Math.max(this.#revision, revision);
    if (options.notify) for (const listener of this.#progress) listener(this.#revision);
  }

  #store(object: T, revision: number): void {
    const key = keyOf(object);
    const ahead = this.#ahead.get(key);
    const known = this.#cache.get(key);
    const own = Number(object.metadata.resourceVersion);
    if (ahead && own < Math.max(Number(known?.metadata.resourceVersion ?? 0), ahead.removedAt ?? 0)) return;
    if (!ahead && known?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#ahead.delete(key);
    this.#cache.set(key, object);
    this.#notify({ key, object, previous: ahead ? ahead.previous : known, revision });
  }

  #forget(object: T, revision: number): void {
    const key = keyOf(object);
    const ahead = this.#ahead.get(key);
    const known = this.#cache.get(key);
    if (ahead && known && Number(known.metadata.resourceVersion) > revision) return;
    this.#ahead.delete(key);
    this.#cache.delete(key);
    this.#notify({ key, object: undefined, previous: (ahead ? ahead.previous : known) ?? object, revision });
  }

  #notify(notification: Notification<T>): void {
    for (const handler of this.#handlers) handler(notification);
  }
}
