import type { Change, WatchHandle } from '../store.ts';

type Listener = (changes: readonly Change[]) => void;

interface Watcher {
  readonly onChanges: Listener;
  /** Everything up to this revision was delivered or is not wanted. */
  deliveredRevision: number;
  closed: boolean;
}

/**
 * Hands changes to whoever watches their prefix.
 *
 * 1. A watcher sees batches in revision order, also when a listener writes or watches while it is being called.
 * 2. A batch is filtered once for each prefix and shared by the watchers of that prefix.
 * 3. A listener that throws disturbs nobody: its error surfaces as an uncaught one after the batch.
 */
export class Watchers {
  #byPrefix = new Map<string, Set<Watcher>>();
  #waiting: (readonly Change[])[] = [];
  #delivering = false;

  /** Adds a listener that has `past` (its changes up to `revision`) coming; it gets them before this returns. */
  add(options: {
    prefix: string;
    fromRevision: number;
    revision: number;
    past: readonly Change[];
    onChanges: Listener;
  }): WatchHandle {
    const { prefix, past, onChanges } = options;
    const deliveredRevision = Math.max(options.fromRevision, options.revision);
    const watcher: Watcher = { onChanges, deliveredRevision, closed: false };
    const group = this.#byPrefix.get(prefix) ?? new Set();
    this.#byPrefix.set(prefix, group.add(watcher));
    if (past.length > 0) this.#whileDelivering(() => call(watcher, past));
    return { close: () => this.#remove(prefix, watcher) };
  }

  /** Delivers `changes` to all watchers; when called by a listener, after the batch that is being delivered. */
  publish(changes: readonly Change[]): void {
    this.#waiting.push(changes);
    this.#whileDelivering(() => {});
  }

  /** Forgets all watchers. */
  close(): void {
    for (const group of this.#byPrefix.values()) for (const watcher of group) watcher.closed = true;
    this.#byPrefix.clear();
    this.#waiting = [];
  }

  #whileDelivering(first: () => void): void {
    const nested = this.#delivering;
    this.#delivering = true;
    first();
    if (nested) return;
    for (let batch = this.#waiting.shift(); batch; batch = this.#waiting.shift()) this.#deliver(batch);
    this.#delivering = false;
  }

  #deliver(batch: readonly Change[]): void {
    for (const [prefix, group] of [...this.#byPrefix]) {
      const matching = batch.filter((change) => change.key.startsWith(prefix));
      if (matching.length === 0) continue;
      for (const watcher of [...group]) {
        const seen = watcher.deliveredRevision >= matching[0]!.revision;
        const fresh = seen ? matching.filter((change) => change.revision > watcher.deliveredRevision) : matching;
        if (fresh.length === 0) continue;
        watcher.deliveredRevision = fresh.at(-1)!.revision;
        call(watcher, fresh);
      }
    }
  }

  #remove(prefix: string, watcher: Watcher): void {
    watcher.closed = true;
    const group = this.#byPrefix.get(prefix);
    if (group?.delete(watcher) && group.size === 0) this.#byPrefix.delete(prefix);
  }
}

function call(watcher: Watcher, changes: readonly Change[]): void {
  if (watcher.closed) return;
  try {
    watcher.onChanges(changes);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
