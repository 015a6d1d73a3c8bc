/**
 * Run by `store-kill.test.ts`: 64 writers on the store in the folder given, until killed. Prints one line for each
 * acknowledged write: revision, key, and the hash of the value (`-` for a delete).
 */

import { openSqliteStore } from '../../src/store/sqlite/opensqlitestore.ts';
import { ConditionError } from '../../src/store/store.ts';
import { sealedValue } from './store-kill-value.ts';

const WRITERS = 64;
const KEYS = 300;

const [folder, keepRevisions] = process.argv.slice(2);
const store = await openSqliteStore({ folder: folder!, keepRevisions: Number(keepRevisions) });

async function write(): Promise<void> {
  const key = `/kill/${Math.floor(Math.random() * KEYS)}`;
  const current = store.get(key);
  const expect = current ? { modRevision: current.modRevision } : ({ absent: true } as const);
  if (current && Math.random() < 0.2) {
    const { revision } = await store.delete(key, expect);
    process.stdout.write(`${revision} ${key} -\n`);
    return;
  }
  const { hash, value } = sealedValue(Math.floor(Math.random() * 4_000));
  const { modRevision } = await store.put(key, value, expect);
  process.stdout.write(`${modRevision} ${key} ${hash}\n`);
}

async function writer(): Promise<never> {
  for (;;) {
    try {
      await write();
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
    }
  }
}

await Promise.all(Array.from({ length: WRITERS }, writer));
