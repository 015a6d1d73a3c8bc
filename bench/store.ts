import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStore } from '../src/store/memory/memorystore.ts';
import { openSqliteStore } from '../src/store/sqlite/opensqlitestore.ts';
import type { Store } from '../src/store/store.ts';
import type { Bench, Row } from './bench.ts';

const WRITERS = 64;
const VALUE = 'x'.repeat(2048);
const WRITES = 20_000;
const MEMORY_WRITES = 200_000;
const APPENDS = 2_000;

/** Creates of 2 KB by 64 writers, each waiting for its acknowledgement, beside a bare append and fdatasync. */
export const storeBench: Bench = {
  name: 'store',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'segue-bench-store-'));
    try {
      return await measure(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function measure(folder: string): Promise<Row[]> {
  const appends = await appendsPerSecond(join(folder, 'append'));
  const reference = { value: appends, of: 'append + fdatasync of 2 KB, one at a time' };
  const memory = new MemoryStore();
  const inMemory = await createsPerSecond(memory, MEMORY_WRITES);
  const sqlite = await openSqliteStore({ folder: join(folder, 'sqlite') });
  const durable = await createsPerSecond(sqlite, WRITES);
  await sqlite.close();
  const start = performance.now();
  const reopened = await openSqliteStore({ folder: join(folder, 'sqlite') });
  const openMs = performance.now() - start;
  await reopened.close();
  return [
    { what: 'store: durable creates, 64 writers', value: durable, unit: '1/s', goal: { atLeast: 5_000 }, reference },
    { what: 'store: creates in memory, 64 writers', value: inMemory, unit: '1/s' },
    { what: `store: open with ${WRITES} entries of 2 KB`, value: openMs, unit: 'ms', goal: { atMost: 500 } },
  ];
}

async function createsPerSecond(store: Store, writes: number): Promise<number> {
  let next = 0;
  const writer = async () => {
    while (next < writes) await store.put(`/bench/${next++}`, VALUE, { absent: true });
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return (writes / (performance.now() - start)) * 1000;
}

async function appendsPerSecond(path: string): Promise<number> {
  await using file = await open(path, 'a');
  const start = performance.now();
  for (let n = 0; n < APPENDS; n++) {
    await file.write(VALUE);
    await file.datasync();
  }
  return (APPENDS / (performance.now() - start)) * 1000;
}
