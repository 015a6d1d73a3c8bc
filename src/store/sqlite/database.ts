import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Batch, ChangeRow } from './messages.ts';
import { prepareSchema, SELECT_CHANGES, SELECT_COMPACTED_REVISION } from './schema.ts';

export const DATABASE_FILE = 'store.db';
const LOCK_FILE = 'store.lock';
/** How long a write waits for another program that holds the database for a moment, e.g. a backup. */
const BUSY_TIMEOUT_MS = 5_000;

/** Another program wrote to the database: what is in memory and what is on disk are no longer the same. */
export class ForeignWriteError extends Error {
  override readonly name = 'ForeignWriteError';
  constructor() {
    super('the database was changed by another program');
  }
}

/**
 * The database file, used by one thread; every call blocks.
 *
 * The lock is a second, empty database that is held exclusively. It goes with the process, however that ends, and it
 * leaves `store.db` itself readable by any sqlite tool while the store is open.
 */
export class Database {
  #lock: DatabaseSync;
  #db: DatabaseSync;
  #insert: StatementSync;
  #remove: StatementSync;
  #setCompacted: StatementSync;
  #dataVersion: StatementSync;
  #knownDataVersion: unknown;
  #rows: Iterator<unknown> | undefined;

  /** Opens or makes the database in `folder`. Throws sqlite's, the file system's, or `schema.ts`'s errors. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#lock = lock(join(folder, LOCK_FILE));
    const opened = openDatabase(join(folder, DATABASE_FILE), this.#lock);
    this.#db = opened;
    this.#insert = opened.prepare(
      'INSERT INTO changes (revision, type, key, value, create_revision) VALUES (?, ?, ?, ?, ?)',
    );
    this.#remove = opened.prepare('DELETE FROM changes WHERE revision = ?');
    this.#setCompacted = opened.prepare('UPDATE meta SET compacted_revision = ?');
    this.#dataVersion = opened.prepare('PRAGMA data_version');
    this.#knownDataVersion = this.#dataVersion.get()?.['data_version'];
  }

  get compactedRevision(): number {
    return this.#db.prepare(SELECT_COMPACTED_REVISION).get()?.['compacted_revision'] as number;
  }

  /** The next rows in the order of revisions; none when all were read. */
  read(rowsMax: number): ChangeRow[] {
    this.#rows ??= this.#db.prepare(SELECT_CHANGES).iterate();
    const rows: ChangeRow[] = [];
    while (rows.length < rowsMax) {
      const next = this.#rows.next();
      if (next.done) break;
      rows.push(next.value as ChangeRow);
    }
    if (rows.length === 0) this.#rows = undefined;
    return rows;
  }

  /** Makes all of `batch` durable, or throws with none of it done (unless the disk itself is at fault). */
  write(batch: Batch): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      if (this.#dataVersion.get()?.['data_version'] !== this.#knownDataVersion) throw new ForeignWriteError();
      for (const row of batch.rows) {
        this.#insert.run(row.revision, row.type, row.key, row.value, row.createRevision);
      }
      for (const revision of batch.removedRevisions) this.#remove.run(revision);
      if (batch.compactedRevision !== undefined) this.#setCompacted.run(batch.compactedRevision);
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#db.close();
    this.#lock.close();
  }
}

function lock(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function openDatabase(path: string, held: DatabaseSync): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    // It holds Secrets. The files that sqlite puts beside it get the same mode.
    chmodSync(path, 0o600);
    prepareSchema(db);
    return db;
  } catch (error) {
    db?.close();
    held.close();
    throw error;
  }
}
