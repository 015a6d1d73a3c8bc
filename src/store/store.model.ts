import assert from 'node:assert/strict';
import { below, type Random, seededRandom } from '../base/random.ts';
import { type Change, CompactedError, ConditionError, type Entry, type Expectation, type Store } from './store.ts';

const STEPS = 120;
const PREFIXES = ['', '/a', '/a/', '/a/1', '/b/', '/none'];

/** The store that a random run drives. */
export interface ModelledStore {
  readonly store: Store;
  /** Closes the store and opens it again; absent when the engine forgets. */
  reopen?(): Promise<Store>;
}

interface Observer {
  readonly prefix: string;
  readonly fromRevision: number;
  readonly seen: Change[];
}

/**
 * Drives the store with random writes (several begun together), lists, pages, watches, compactions and restarts, and
 * compares everything it says with a model that keeps all changes in one array and searches it from the start.
 */
export async function agreesWithModel(opened: ModelledStore, seed: number): Promise<void> {
  const run = new Run(opened, seededRandom(seed));
  for (let step = 0; step < STEPS; step++) await run.step();
  run.checkWatches();
}

class Model {
  changes: Change[] = [];
  compactedRevision = 0;

  get revision(): number {
    return this.changes.length;
  }

  stateAt(revision: number): Map<string, Entry> {
    const state = new Map<string, Entry>();
    for (const change of this.changes.slice(0, revision)) {
      if (change.type === 'put') state.set(change.key, change.entry);
      else state.delete(change.key);
    }
    return state;
  }

  /** The change that a write makes, or undefined when it must be refused. */
  write(key: string, value: string | undefined, expect: Expectation | undefined): Change | undefined {
    const previous = this.stateAt(this.revision).get(key);
    if (expect && 'absent' in expect && previous) return undefined;
    if (expect && 'modRevision' in expect && previous?.modRevision !== expect.modRevision) return undefined;
    const revision = this.revision + 1;
    const createRevision = previous?.createRevision ?? revision;
    const change: Change | undefined =
      value === undefined
        ? previous && { type: 'delete', revision, key, entry: previous, previous }
        : { type: 'put', revision, key, entry: { key, value, createRevision, modRevision: revision }, previous };
    if (change) this.changes.push(change);
    return change;
  }

  list(prefix: string, revision: number): Entry[] {
    const entries = [...this.stateAt(revision).values()].filter((entry) => entry.key.startsWith(prefix));
    return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

class Run {
  #opened: ModelledStore;
  #store: Store;
  #random: Random;
  #model = new Model();
  #observers: Observer[] = [];

  constructor(opened: ModelledStore, random: Random) {
    this.#opened = opened;
    this.#store = opened.store;
    this.#random = random;
  }

  async step(): Promise<void> {
    const dice = below(this.#random, 100);
    if (dice < 50) await this.#writeSome();
    else if (dice < 65) this.#checkList();
    else if (dice < 75) await this.#pageWhileWriting();
    else if (dice < 90) this.#watch();
    else if (dice < 96) await this.#compact();
    else await this.#reopen();
    assert.equal(this.#store.revision, this.#model.revision);
    assert.equal(this.#store.compactedRevision, this.#model.compactedRevision);
  }

  checkWatches(): void {
    for (const { prefix, fromRevision, seen } of this.#observers) {
      const expected = this.#model.changes.slice(fromRevision).filter((change) => change.key.startsWith(prefix));
      assert.deepEqual(seen, expected);
    }
  }

  async #writeSome(): Promise<void> {
    await Promise.all(Array.from({ length: 1 + below(this.#random, 8) }, () => this.#write()));
  }

  /** Begins the write in the store and the model in the same turn, so that both see the same newest state. */
  #write(): Promise<void> {
    const key = `/${'abc'[below(this.#random, 3)]}/${below(this.#random, 15)}`;
    const value = below(this.#random, 4) === 0 ? undefined : `value ${below(this.#random, 1_000_000)}`;
    const expect = this.#expectation(key);
    const written = value === undefined ? this.#store.delete(key, expect) : this.#store.put(key, value, expect);
    const change = this.#model.write(key, value, expect);
    if (!change) return assert.rejects(written, ConditionError);
    return written.then((result) => assert.deepEqual(result, value === undefined ? change : change.entry));
  }

  #expectation(key: string): Expectation | undefined {
    const dice = below(this.#random, 4);
    if (dice === 0) return { absent: true };
    const current = this.#model.stateAt(this.#model.revision).get(key);
    if (dice === 1 && current) return { modRevision: current.modRevision };
    return dice === 2 ? { modRevision: below(this.#random, this.#model.revision + 1) } : undefined;
  }

  #checkList(): void {
    const prefix = this.#prefix();
    const revision = below(this.#random, this.#model.revision + 1);
    if (revision < this.#model.compactedRevision) {
      assert.throws(() => this.#store.list({ prefix, revision }), CompactedError);
      return;
    }
    const expected = this.#model.list(prefix, revision);
    assert.deepEqual(this.#store.list({ prefix, revision }), { entries: expected, revision, remaining: 0 });
    const newest = this.#model.list(prefix, this.#model.revision);
    assert.deepEqual(this.#store.list({ prefix }).entries, newest);
    for (const entry of newest) assert.deepEqual(this.#store.get(entry.key), entry);
  }

  async #pageWhileWriting(): Promise<void> {
    const prefix = this.#prefix();
    const revision = this.#revision();
    const limit = 1 + below(this.#random, 9);
    const expected = this.#model.list(prefix, revision);
    const seen: Entry[] = [];
    for (let remaining = 1; remaining > 0; ) {
      const after = seen.at(-1)?.key;
      const page = this.#store.list({ prefix, revision, limit, ...(after === undefined ? {} : { after }) });
      seen.push(...page.entries);
      remaining = page.remaining;
      assert.equal(seen.length + remaining, expected.length);
      await this.#writeSome();
    }
    assert.deepEqual(seen, expected);
  }

  #watch(): void {
    const fromRevision = this.#revision();
    const observer: Observer = { prefix: this.#prefix(), fromRevision, seen: [] };
    const onChanges = (changes: readonly Change[]) => observer.seen.push(...changes);
    this.#store.watch({ prefix: observer.prefix, fromRevision, onChanges });
    this.#observers.push(observer);
  }

  async #compact(): Promise<void> {
    const revision = this.#revision();
    await this.#store.compact(revision);
    this.#model.compactedRevision = revision;
  }

  async #reopen(): Promise<void> {
    if (!this.#opened.reopen) return;
    this.checkWatches();
    this.#observers = [];
    this.#store = await this.#opened.reopen();
  }

  #prefix(): string {
    return PREFIXES[below(this.#random, PREFIXES.length)]!;
  }

  /** One that is still kept. */
  #revision(): number {
    const { revision, compactedRevision } = this.#model;
    return compactedRevision + below(this.#random, revision - compactedRevision + 1);
  }
}
