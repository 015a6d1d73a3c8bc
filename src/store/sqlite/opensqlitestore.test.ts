import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { CompactedError } from '../store.ts';
import {
  StoreCorruptError,
  StoreFailedError,
  StoreFormatError,
  StoreInUseError,
  StoreUnavailableError,
} from './errors.ts';
import { openSqliteStore } from './opensqlitestore.ts';
import type { SqliteStore } from './sqlitestore.ts';

test('a folder that is in use is refused at once, by name, and free again after close', async () => {
  await using scratch = await scratchFolder();
  const { folder } = scratch;
  await withStore({ folder }, async (first) => {
    await assert.rejects(openSqliteStore({ folder }), (error) => {
      return error instanceof StoreInUseError && error.message.includes(folder);
    });
    await first.put('/a', 'still writable');
  });
  await withStore({ folder }, async (second) => assert.equal(second.get('/a')?.value, 'still writable'));
});

test('only the owner may look into the files', async () => {
  await using scratch = await scratchFolder();
  const folder = join(scratch.folder, 'made', 'by the store');
  await withStore({ folder }, async (store) => {
    await store.put('/secret', 'x');
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    for (const file of (await readdir(folder)).filter((name) => name.startsWith('store.db'))) {
      assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600, file);
    }
  });
});

test('a database of a newer version, of another program or damaged is refused with what to do', async () => {
  await using scratch = await scratchFolder();
  const newer = join(scratch.folder, 'newer');
  await withStore({ folder: newer }, async (store) => void (await store.put('/a', '1')));
  change(newer, 'PRAGMA user_version = 99');
  await assert.rejects(openSqliteStore({ folder: newer }), (error) => {
    return error instanceof StoreFormatError && /schema version 99.*need the version of Segue/.test(error.message);
  });
  change(newer, 'PRAGMA user_version = 1; PRAGMA application_id = 7');
  await assert.rejects(openSqliteStore({ folder: newer }), StoreFormatError);
  const damaged = join(scratch.folder, 'damaged');
  await withStore({ folder: damaged }, async () => {});
  await writeFile(join(damaged, 'store.db'), 'no database at all '.repeat(1_000));
  await assert.rejects(openSqliteStore({ folder: damaged }), (error) => {
    return error instanceof StoreCorruptError && /need a backup restored/.test(error.message);
  });
});

test('a history with a hole, a false base or a false creation is refused as damaged', async () => {
  await using scratch = await scratchFolder();
  const damages = {
    hole: 'DELETE FROM changes WHERE revision = 2',
    base: 'UPDATE meta SET compacted_revision = 3',
    creation: 'UPDATE changes SET create_revision = 1 WHERE revision = 2',
    'deleted before': "UPDATE changes SET key = '/none' WHERE revision = 3",
  };
  for (const [name, damage] of Object.entries(damages)) {
    const folder = join(scratch.folder, name);
    await withStore({ folder }, async (store) => {
      await store.put('/a', '1');
      await store.put('/b', '1');
      await store.delete('/a');
    });
    change(folder, damage);
    await assert.rejects(openSqliteStore({ folder }), StoreCorruptError, name);
  }
});

test('a folder that cannot be made is refused with the reason', async () => {
  await using scratch = await scratchFolder();
  await writeFile(join(scratch.folder, 'file'), '');
  await assert.rejects(openSqliteStore({ folder: join(scratch.folder, 'file', 'below') }), (error) => {
    return error instanceof StoreUnavailableError && /ENOTDIR/.test(error.message);
  });
});

test('a restart keeps the history, so that watches and pages go on where they were', async () => {
  await using scratch = await scratchFolder();
  const { folder } = scratch;
  await withStore({ folder }, async (store) => {
    for (let n = 0; n < 10; n++) await store.put(`/${n % 4}`, `${n}`);
    await store.compact(5);
  });
  await withStore({ folder }, async (store) => {
    assert.equal(store.revision, 10);
    const seen: number[] = [];
    const onChanges = (changes: readonly { revision: number }[]) => seen.push(...changes.map((c) => c.revision));
    store.watch({ prefix: '', fromRevision: 5, onChanges });
    assert.deepEqual(seen, [6, 7, 8, 9, 10]);
    assert.throws(() => store.list({ prefix: '', revision: 4 }), CompactedError);
    const then = store.list({ prefix: '', revision: 6 }).entries;
    assert.deepEqual(
      then.map(({ key, value }) => `${key}=${value}`),
      ['/0=4', '/1=5', '/2=2', '/3=3'],
    );
    assert.equal((await store.put('/new', 'x')).modRevision, 11);
  });
});

test('any sqlite tool reads the state while the store is open, and compaction keeps the file small', async () => {
  await using scratch = await scratchFolder();
  const { folder } = scratch;
  await withStore({ folder, keepRevisions: 100 }, async (store) => {
    for (let round = 0; round < 30; round++) {
      await Promise.all(Array.from({ length: 100 }, (_, n) => store.put(`/${n % 5}`, `${round}`)));
    }
    await store.delete('/4');
    using reader = new DatabaseSync(join(folder, 'store.db'), { readOnly: true });
    const rows = reader.prepare('SELECT key, value, mod_revision FROM entries ORDER BY key').all();
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      store.list({ prefix: '' }).entries.map(({ key, value, modRevision }) => ({
        key,
        value,
        mod_revision: modRevision,
      })),
    );
    const count = Number(reader.prepare('SELECT count(*) AS count FROM changes').get()?.['count']);
    assert(store.compactedRevision > 2_000, 'compaction was automatic');
    assert(count <= store.revision - store.compactedRevision + 5, `${count} rows are left`);
    await store.compact(store.revision);
    const left = reader.prepare('SELECT count(*) AS count FROM changes').get();
    assert.equal(left?.['count'], 4);
  });
});

test('after a batch that failed nothing is written any more, and a restart finds what was acknowledged', async () => {
  await using scratch = await scratchFolder();
  const { folder } = scratch;
  await withStore({ folder }, async (store) => {
    const kept = await store.put('/a', '1');
    change(folder, "INSERT INTO changes VALUES (2, 'put', '/foreign', 'x', 2)");
    const writes = await Promise.allSettled([store.put('/a', '2'), store.put('/a', '3', { absent: true })]);
    for (const write of writes) assert(write.status === 'rejected' && write.reason instanceof StoreFailedError);
    await assert.rejects(store.put('/b', '1'), /changed by another program, need that solved and a restart/);
    await assert.rejects(store.compact(1), StoreFailedError);
    assert.equal(store.get('/a'), kept);
    assert.equal(store.revision, 1);
  });
  await withStore({ folder }, async (store) => {
    assert.equal(store.get('/a')?.value, '1');
    assert.equal(store.get('/foreign')?.value, 'x');
  });
});

async function withStore(
  options: { folder: string; keepRevisions?: number },
  use: (store: SqliteStore) => Promise<void>,
): Promise<void> {
  const store = await openSqliteStore(options);
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

/** What another program does to the database. */
function change(folder: string, sql: string): void {
  using db = new DatabaseSync(join(folder, 'store.db'));
  db.exec(sql);
}

async function scratchFolder(): Promise<{ folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'segue-store-'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
