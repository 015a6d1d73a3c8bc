import { MvccCore } from '../mvcc/mvcccore.ts';
import { type Change, ClosedError, type Entry, type Expectation, type Store } from '../store.ts';

/**
 * The store without a disk: a write is "durable" at once and lost with the process. For simulations and tests.
 * Watch callbacks run inside the call that writes.
 */
export class MemoryStore implements Store {
  #core: MvccCore;
  #keepRevisions: number;
  #closed = false;

  /**
   * `keepRevisions`: how many changes of history are kept at least; at most a quarter more. `revision`: where revisions
   * begin, 0 when absent. A store whose watchers outlive it begins above all that the one before has reached, so that
   * they are told to list anew instead of taking new revisions for old ones.
   */
  constructor(options: { keepRevisions?: number; revision?: number } = {}) {
    this.#core = new MvccCore({ revision: options.revision ?? 0, entries: [] });
    this.#keepRevisions = options.keepRevisions ?? 10_000;
  }

  get revision(): number {
    return this.#core.revision;
  }

  get compactedRevision(): number {
    return this.#core.compactedRevision;
  }

  get(key: string): Entry | undefined {
    return this.#core.get(key);
  }

  list(options: Parameters<Store['list']>[0]): ReturnType<Store['list']> {
    return this.#core.list(options);
  }

  async put(key: string, value: string, expect?: Expectation): Promise<Entry> {
    this.#checkOpen();
    return this.#commit(this.#core.stagePut(key, value, expect)).entry;
  }

  async delete(key: string, expect?: Expectation): Promise<Change> {
    this.#checkOpen();
    return this.#commit(this.#core.stageDelete(key, expect));
  }

  watch(options: Parameters<Store['watch']>[0]): ReturnType<Store['watch']> {
    this.#checkOpen();
    return this.#core.watch(options);
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen();
    this.#core.compact(revision);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#core.close();
  }

  #commit(change: Change): Change {
    this.#core.commit([change]);
    const surplus = this.#core.revision - this.#core.compactedRevision - this.#keepRevisions;
    if (surplus > this.#keepRevisions / 4) this.#core.compact(this.#core.compactedRevision + surplus);
    return change;
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedError();
  }
}
