import { assert } from '../../base/assert.ts';
import {
  type Change,
  CompactedError,
  ConditionError,
  type Entry,
  type Expectation,
  FutureRevisionError,
  type ListOptions,
  type ListResult,
  type WatchHandle,
} from '../store.ts';
import { History } from './history.ts';
import { KeyOrder, keySuccessor, prefixEnd } from './keyorder.ts';
import { Watchers } from './watchers.ts';

/**
 * Keys, revisions, history and watches in memory: what every engine that keeps its state in memory shares.
 *
 * A write goes through two steps. `stagePut` and `stageDelete` check the condition against the newest state, staged
 * changes included, and give the change its revision. `commit` makes staged changes visible, in the order they were
 * staged; an engine calls it when they are durable. What is staged but not committed is seen by conditions only.
 *
 * The state at an older revision is the newest state with the changes since then undone, so listing it costs one
 * look at each of those changes, and nothing is kept per key.
 */
export class MvccCore {
  #entries = new Map<string, Entry>();
  #keys = new KeyOrder();
  #history: History;
  #watchers = new Watchers();
  #staged = new Map<string, Change>();
  #stagedRevision: number;

  /** Starts at `revision` with nothing but `entries`, the state at that revision. */
  constructor(options: { revision: number; entries: readonly Entry[] } = { revision: 0, entries: [] }) {
    this.#history = new History(options.revision);
    this.#stagedRevision = options.revision;
    for (const entry of options.entries) {
      this.#entries.set(entry.key, entry);
      this.#keys.add(entry.key);
    }
  }

  get revision(): number {
    return this.#history.revision;
  }

  get compactedRevision(): number {
    return this.#history.compactedRevision;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  list(options: ListOptions): ListResult {
    const revision = options.revision ?? this.revision;
    this.#checkReadable(revision);
    const after = options.after === undefined ? '' : keySuccessor(options.after);
    const range: Range = {
      from: after > options.prefix ? after : options.prefix,
      to: prefixEnd(options.prefix),
      limit: options.limit ?? Number.POSITIVE_INFINITY,
    };
    const page = revision === this.revision ? this.#newestPage(range) : this.#pastPage(range, revision);
    return { entries: page.entries, revision, remaining: page.total - page.entries.length };
  }

  watch(options: {
    prefix: string;
    fromRevision: number;
    onChanges: (changes: readonly Change[]) => void;
  }): WatchHandle {
    const { prefix, fromRevision, onChanges } = options;
    if (fromRevision < this.compactedRevision) throw new CompactedError(fromRevision, this.compactedRevision);
    const past: Change[] = [];
    if (fromRevision < this.revision) {
      this.#history.forEachAfter(fromRevision, (change) => {
        if (change.key.startsWith(prefix)) past.push(change);
      });
    }
    return this.#watchers.add({ prefix, fromRevision, revision: this.revision, past, onChanges });
  }

  /** The staged change that conditions on `key` are checked against; undefined when all its changes are committed. */
  stagedChange(key: string): Change | undefined {
    return this.#staged.get(key);
  }

  /** Stages a put. Throws `ConditionError`. */
  stagePut(key: string, value: string, expect?: Expectation): Change {
    assert(key.isWellFormed() && value.isWellFormed(), 'keys and values are well-formed Unicode');
    const previous = this.#newest(key);
    if (!holds(expect, previous)) throw new ConditionError(key, previous);
    const revision = this.#stagedRevision + 1;
    const createRevision = previous?.createRevision ?? revision;
    const entry: Entry = { key, value, createRevision, modRevision: revision };
    return this.#stage({ type: 'put', revision, key, entry, previous });
  }

  /** Stages a delete. Throws `ConditionError`, also when the key is absent. */
  stageDelete(key: string, expect?: Expectation): Change {
    const previous = this.#newest(key);
    if (!previous || !holds(expect, previous)) throw new ConditionError(key, previous);
    return this.#stage({ type: 'delete', revision: this.#stagedRevision + 1, key, entry: previous, previous });
  }

  /** Makes the oldest staged changes visible, then tells the watchers. */
  commit(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#history.append(change);
      if (this.#staged.get(change.key) === change) this.#staged.delete(change.key);
      if (change.type === 'put') {
        if (!this.#entries.has(change.key)) this.#keys.add(change.key);
        this.#entries.set(change.key, change.entry);
      } else {
        this.#entries.delete(change.key);
        this.#keys.remove(change.key);
      }
    }
    this.#watchers.publish(changes);
  }

  /** Forgets history below `revision`; returns the changes forgotten. Throws `FutureRevisionError`. */
  compact(revision: number): readonly Change[] {
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision);
    return this.#history.dropThrough(revision);
  }

  /** Ends all watches. */
  close(): void {
    this.#watchers.close();
  }

  #newest(key: string): Entry | undefined {
    const staged = this.#staged.get(key);
    if (staged) return staged.type === 'put' ? staged.entry : undefined;
    return this.#entries.get(key);
  }

  #stage(change: Change): Change {
    this.#stagedRevision = change.revision;
    this.#staged.set(change.key, change);
    return change;
  }

  #checkReadable(revision: number): void {
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision);
    if (revision < this.compactedRevision) throw new CompactedError(revision, this.compactedRevision);
  }

  #newestPage(range: Range): Page {
    const keys = this.#keys.collect(range.from, range.to, range.limit);
    return { entries: keys.map((key) => this.#live(key)), total: this.#keys.count(range.from, range.to) };
  }

  #pastPage(range: Range, revision: number): Page {
    const { from, to, limit } = range;
    const changed = this.#undone(range, revision);
    const entries: Entry[] = [];
    let newer = 0;
    for (const [key, entry] of changed) {
      if (entry && !this.#entries.has(key)) entries.push(entry);
      if (!entry && this.#entries.has(key)) newer++;
    }
    const total = this.#keys.count(from, to) - newer + entries.length;
    // Among the first limit + newer keys of today at least `limit` existed then, if there are so many.
    for (const key of this.#keys.collect(from, to, limit + newer)) {
      const entry = changed.has(key) ? changed.get(key) : this.#live(key);
      if (entry) entries.push(entry);
    }
    entries.sort((a, b) => (a.key < b.key ? -1 : 1));
    return { entries: entries.slice(0, limit), total };
  }

  /** For each key of the range that changed after `revision`: its state then. */
  #undone(range: Range, revision: number): Map<string, Entry | undefined> {
    const then = new Map<string, Entry | undefined>();
    this.#history.forEachAfter(revision, ({ key, previous }) => {
      const inRange = key >= range.from && (range.to === undefined || key < range.to);
      if (inRange && !then.has(key)) then.set(key, previous);
    });
    return then;
  }

  #live(key: string): Entry {
    const entry = this.#entries.get(key);
    assert(entry, 'the key order holds the live keys');
    return entry;
  }
}

interface Range {
  readonly from: string;
  readonly to: string | undefined;
  readonly limit: number;
}

interface Page {
  readonly entries: readonly Entry[];
  /** How many entries the whole range has. */
  readonly total: number;
}

function holds(expect: Expectation | undefined, current: Entry | undefined): boolean {
  if (!expect) return true;
  if ('absent' in expect) return current === undefined;
  return current?.modRevision === expect.modRevision;
}
