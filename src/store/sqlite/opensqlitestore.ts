import { type Log, silentLog } from '../../base/log.ts';
import { StoreCorruptError, StoreFormatError, StoreInUseError, StoreUnavailableError } from './errors.ts';
import { Journal, JournalError } from './journal.ts';
import { DamageError, load } from './load.ts';
import { SqliteStore } from './sqlitestore.ts';

const KEEP_REVISIONS = 10_000;

/**
 * Opens the store in `folder`, which is made when absent, and takes it for this process alone.
 * `keepRevisions`: how many changes of history are kept for watches and snapshots, 10,000 when absent.
 * Rejects with `StoreInUseError`, `StoreFormatError`, `StoreCorruptError` or `StoreUnavailableError`.
 */
export async function openSqliteStore(options: {
  folder: string;
  keepRevisions?: number;
  log?: Log;
}): Promise<SqliteStore> {
  const { folder, keepRevisions = KEEP_REVISIONS, log = silentLog } = options;
  const journal = new Journal();
  try {
    const { compactedRevision } = await journal.open(folder);
    const core = await load(journal, compactedRevision);
    log.debug('the store is open', { folder, revision: core.revision, compactedRevision });
    return new SqliteStore({ folder, core, journal, keepRevisions, log });
  } catch (error) {
    await journal.close();
    throw openError(folder, error);
  }
}

function openError(folder: string, error: unknown): unknown {
  if (error instanceof DamageError) return new StoreCorruptError(folder, error.message);
  if (!(error instanceof JournalError)) return error;
  const { kind, reason } = error.failure;
  if (kind === 'in use') return new StoreInUseError(folder);
  if (kind === 'format') return new StoreFormatError(folder, reason);
  if (kind === 'corrupt') return new StoreCorruptError(folder, reason);
  return new StoreUnavailableError(folder, reason);
}
