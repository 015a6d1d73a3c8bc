import { MvccCore } from '../mvcc/mvcccore.ts';
import type { Entry } from '../store.ts';
import type { Journal } from './journal.ts';
import type { ChangeRow } from './messages.ts';

/** Small enough that copying them between threads stays cheap: twice as fast as ten times as many. */
const ROWS_MAX = 256;

/** The rows contradict each other. `message` says where. */
export class DamageError extends Error {
  override readonly name = 'DamageError';
}

/** Builds the state from the journal: the base at the compacted revision, then the history after it, replayed. */
export async function load(journal: Pick<Journal, 'read'>, compactedRevision: number): Promise<MvccCore> {
  const base: Entry[] = [];
  let core: MvccCore | undefined;
  for (let rows = await journal.read(ROWS_MAX); rows.length > 0; rows = await journal.read(ROWS_MAX)) {
    for (const row of rows) {
      if (row.revision <= compactedRevision) {
        base.push(baseEntry(row));
      } else {
        core ??= new MvccCore({ revision: compactedRevision, entries: base });
        replay(core, row);
      }
    }
  }
  return core ?? new MvccCore({ revision: compactedRevision, entries: base });
}

function baseEntry(row: ChangeRow): Entry {
  if (row.value === null) throw new DamageError(`revision ${row.revision} is a delete that was to be compacted`);
  return { key: row.key, value: row.value, createRevision: row.createRevision, modRevision: row.revision };
}

function replay(core: MvccCore, row: ChangeRow): void {
  const { revision, key, value } = row;
  if (revision !== core.revision + 1) throw new DamageError(`revision ${core.revision + 1} is missing`);
  if (value === null && !core.get(key)) throw new DamageError(`revision ${revision} deletes ${key}, which is absent`);
  const change = value === null ? core.stageDelete(key) : core.stagePut(key, value);
  if (change.entry.createRevision !== row.createRevision) {
    throw new DamageError(`revision ${revision} says ${key} was created at ${row.createRevision}`);
  }
  core.commit([change]);
}
