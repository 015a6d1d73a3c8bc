import { assert } from '../../base/assert.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import type { Log } from '../../base/log.ts';
import { systemClock } from '../../base/system.ts';
import type { MvccCore } from '../mvcc/mvcccore.ts';
import { type Change, ClosedError, type Entry, type Expectation, FutureRevisionError, type Store } from '../store.ts';
import { StoreFailedError } from './errors.ts';
import type { Journal } from './journal.ts';
import type { Batch, ChangeRow } from './messages.ts';

/** How many changes one transaction takes at most. */
const BATCH_CHANGES_MAX = 1_024;
/** How much history one transaction forgets: a millisecond or two of work. */
const COMPACTION_STEP = 512;

/** Where batches become durable. One call at a time. */
export type StoreJournal = Pick<Journal, 'write' | 'close'>;

export interface SqliteStoreOptions {
  readonly folder: string;
  /** The state as the journal has it. */
  readonly core: MvccCore;
  readonly journal: StoreJournal;
  readonly keepRevisions: number;
  readonly log: Log;
  /** Lets others run between two batches; the platform's macrotask turn when absent. */
  readonly turn?: () => Promise<void>;
}

interface PendingWrite {
  readonly change: Change;
  readonly done: Deferred<Change>;
}

interface PendingCompaction {
  readonly revision: number;
  readonly done: Deferred<void>;
}

/**
 * The durable store: the state in memory, every change in a database before anyone can see it.
 *
 * Writes that come while a batch is under way are gathered into the next one, so that many share one wait for the disk.
 * 1. At most one batch is under way; batches are in revision order, so the database never has a gap.
 * 2. A change is visible to reads and watches only when its batch is durable, and acknowledged after that.
 * 3. After a batch failed nothing is written any more: the staged state in memory and the disk would part.
 */
export class SqliteStore implements Store {
  #folder: string;
  #core: MvccCore;
  #journal: StoreJournal;
  #turn: () => Promise<void>;
  #keepRevisions: number;
  #log: Log;
  #gathered: PendingWrite[] = [];
  #underWay: PendingWrite[] = [];
  #compactions: PendingCompaction[] = [];
  #pump: Promise<void> | undefined;
  #failed: StoreFailedError | undefined;
  #closing: Promise<void> | undefined;

  /** Made by `openSqliteStore`. */
  constructor(options: SqliteStoreOptions) {
    this.#folder = options.folder;
    this.#turn = options.turn ?? systemClock.turn;
    this.#core = options.core;
    this.#journal = options.journal;
    this.#keepRevisions = options.keepRevisions;
    this.#log = options.log;
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
    return (await this.#write(key, () => this.#core.stagePut(key, value, expect))).entry;
  }

  delete(key: string, expect?: Expectation): Promise<Change> {
    return this.#write(key, () => this.#core.stageDelete(key, expect));
  }

  watch(options: Parameters<Store['watch']>[0]): ReturnType<Store['watch']> {
    if (this.#closing) throw new ClosedError();
    return this.#core.watch(options);
  }

  async compact(revision: number): Promise<void> {
    this.#checkWritable();
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision);
    const done = deferred();
    this.#compactions.push({ revision, done });
    this.#start();
    return done.promise;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#pump;
    this.#core.close();
    await this.#journal.close();
  }

  async #write(key: string, stage: () => Change): Promise<Change> {
    this.#checkWritable();
    let change: Change;
    try {
      change = stage();
    } catch (refusal) {
      await this.#durable(this.#core.stagedChange(key));
      throw refusal;
    }
    const done = deferred<Change>();
    this.#gathered.push({ change, done });
    this.#start();
    return done.promise;
  }

  /** Whoever is refused reads next, and must then see what refused it. */
  async #durable(change: Change | undefined): Promise<void> {
    if (!change) return;
    const same = (pending: PendingWrite) => pending.change === change;
    const pending = this.#gathered.find(same) ?? this.#underWay.find(same);
    assert(pending, 'a staged change is waiting to become durable');
    await pending.done.promise;
  }

  #checkWritable(): void {
    if (this.#closing) throw new ClosedError();
    if (this.#failed) throw this.#failed;
  }

  /** The writes of one turn go together: the first of them starts the pump only when all of them are gathered. */
  #start(): void {
    this.#pump ??= Promise.resolve().then(() => this.#run());
  }

  async #run(): Promise<void> {
    while (this.#gathered.length > 0 || this.#compactions.length > 0) {
      this.#underWay = this.#gathered.splice(0, BATCH_CHANGES_MAX);
      try {
        await this.#journal.write(this.#batch());
      } catch (error) {
        this.#fail(error);
        break;
      }
      this.#finish();
      // Lets those just acknowledged write again, so that they are gathered with those who came meanwhile.
      await this.#turn();
    }
    this.#pump = undefined;
  }

  #batch(): Batch {
    const before = this.compactedRevision;
    const forgotten = this.#core.compact(this.#compactionGoal());
    return {
      rows: this.#underWay.map(({ change }) => rowOf(change)),
      removedRevisions: forgotten.flatMap(supersededRevisions),
      compactedRevision: this.compactedRevision > before ? this.compactedRevision : undefined,
    };
  }

  /** How far this batch compacts: a step towards what was asked for or what `keepRevisions` allows to forget. */
  #compactionGoal(): number {
    const step = Math.max(COMPACTION_STEP, 2 * this.#underWay.length);
    const surplus = this.revision - this.#keepRevisions;
    const asked = this.#compactions.reduce((most, { revision }) => Math.max(most, revision), 0);
    const automatic = surplus - this.compactedRevision >= COMPACTION_STEP ? surplus : 0;
    return Math.min(this.compactedRevision + step, Math.max(asked, automatic, this.compactedRevision));
  }

  #finish(): void {
    const written = this.#underWay;
    this.#underWay = [];
    this.#core.commit(written.map(({ change }) => change));
    for (const { change, done } of written) done.resolve(change);
    const isDone = ({ revision }: PendingCompaction) => revision <= this.compactedRevision;
    for (const compaction of this.#compactions.filter(isDone)) compaction.done.resolve();
    this.#compactions = this.#compactions.filter((compaction) => !isDone(compaction));
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const failed = new StoreFailedError(this.#folder, reason);
    this.#failed = failed;
    this.#log.error('the store has failed and takes no more writes', { folder: this.#folder, reason });
    for (const { done } of [...this.#underWay, ...this.#gathered, ...this.#compactions]) done.reject(failed);
    this.#underWay = [];
    this.#gathered = [];
    this.#compactions = [];
  }
}

function rowOf({ type, revision, key, entry }: Change): ChangeRow {
  return { revision, type, key, value: type === 'put' ? entry.value : null, createRevision: entry.createRevision };
}

/** The rows that nobody needs when history up to and including this change is forgotten. */
function supersededRevisions({ type, revision, previous }: Change): number[] {
  const superseded = previous ? [previous.modRevision] : [];
  return type === 'delete' ? [...superseded, revision] : superseded;
}
