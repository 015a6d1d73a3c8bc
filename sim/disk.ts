import type { Log } from '../src/base/log.ts';
import type { Random } from '../src/base/random.ts';
import { load } from '../src/store/sqlite/load.ts';
import type { Batch, ChangeRow } from '../src/store/sqlite/messages.ts';
import { SqliteStore } from '../src/store/sqlite/sqlitestore.ts';
import type { SimTime } from './clock.ts';
import { chance } from './random.ts';

export interface DiskOptions {
  readonly time: SimTime;
  readonly random: Random;
  /** How long the disk takes to make a batch durable, in milliseconds. */
  readonly writeMs: () => number;
  /** How many changes the store keeps for watches. */
  readonly keepRevisions: number;
}

/**
 * The disk under the durable store: rows that survive a crash of the process. A batch under way when the process is
 * killed is on the disk or is not, as the seed says, and never half. The store above is the real one.
 */
export class SimDisk {
  readonly #options: DiskOptions;
  readonly #rows = new Map<number, ChangeRow>();
  #compactedRevision = 0;
  #underWay: { readonly batch: Batch; lost: boolean } | undefined;
  #lives = 0;
  /** Batches made durable so far. */
  writes = 0;

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  /** Opens the store over what the disk holds. */
  async open(log: Log): Promise<SqliteStore> {
    const { time, keepRevisions } = this.#options;
    const rows = [...this.#rows.values()].sort((a, b) => a.revision - b.revision);
    const read = async (rowsMax: number) => rows.splice(0, rowsMax);
    const core = await load({ read }, this.#compactedRevision);
    const owner = 'disk';
    const life = ++this.#lives;
    return new SqliteStore({
      folder: 'simulated',
      core,
      journal: { write: (batch) => this.#write(batch, life), close: async () => {} },
      keepRevisions,
      log,
      turn: () => time.pause(0, { owner }),
    });
  }

  /** The process that wrote is killed: it never learns what became of the batch under way. */
  crash(): void {
    this.#lives++;
    const underWay = this.#underWay;
    if (!underWay) return;
    this.#underWay = undefined;
    underWay.lost = true;
    if (chance(this.#options.random, 0.5)) this.#persist(underWay.batch);
  }

  #write(batch: Batch, life: number): Promise<void> {
    if (life !== this.#lives) return new Promise(() => {}); // What is left of a process that was killed.
    const underWay = { batch, lost: false };
    this.#underWay = underWay;
    return new Promise((resolve) => {
      this.#options.time.after(
        this.#options.writeMs(),
        () => {
          if (underWay.lost) return;
          this.#underWay = undefined;
          this.#persist(batch);
          resolve();
        },
        { owner: 'disk' },
      );
    });
  }

  #persist(batch: Batch): void {
    this.writes++;
    for (const row of batch.rows) this.#rows.set(row.revision, row);
    for (const revision of batch.removedRevisions) this.#rows.delete(revision);
    this.#compactedRevision = batch.compactedRevision ?? this.#compactedRevision;
  }
}
