import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openSqliteStore } from '../../src/store/sqlite/opensqlitestore.ts';

const MODULE = new URL('../../src/store/sqlite/opensqlitestore.ts', import.meta.url).href;

/** Writes until the system refuses, then says what it was told and what it can still read. */
const PROGRAM = `
  import { openSqliteStore } from ${JSON.stringify(MODULE)};
  process.on('SIGXFSZ', () => {});
  const store = await openSqliteStore({ folder: process.argv[1] });
  let acknowledged = 0;
  const errors = [];
  while (errors.length < 2) {
    await store.put('/' + acknowledged, 'x'.repeat(10_000)).then(() => acknowledged++, (error) => errors.push(error));
  }
  const read = store.list({ prefix: '' }).entries.length;
  console.log(JSON.stringify({ acknowledged, read, errors: errors.map(({ name, message }) => name + ': ' + message) }));
  await store.close();
`;

test('a disk that takes no more is told to the writer, and nothing acknowledged is lost', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'segue-store-full-'));
  try {
    // A limit on the size of files is a full disk that needs no privileges; in blocks of 512 or 1,024 bytes.
    const script = 'ulimit -f 2000 && exec "$0" --input-type=module --eval "$1" "$2"';
    const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, PROGRAM, folder]);
    const told = JSON.parse(stdout);
    assert(told.acknowledged > 10);
    assert.equal(told.read, told.acknowledged);
    for (const error of told.errors) assert.match(error, /^StoreFailedError: Cannot write to the store in .* restart$/);
    const store = await openSqliteStore({ folder });
    try {
      assert(store.revision >= told.acknowledged);
      for (let n = 0; n < told.acknowledged; n++) assert.equal(store.get(`/${n}`)?.value.length, 10_000);
      assert.equal((await store.put('/after', 'x')).modRevision, store.revision);
    } finally {
      await store.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
