import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeSuite } from '../store.suite.ts';
import { MemoryStore } from './memorystore.ts';

storeSuite('memory', async () => {
  const store = new MemoryStore();
  return { store, [Symbol.asyncDispose]: () => store.close() };
});

test('the memory store keeps at least the history it was told to, and at most a quarter more', async () => {
  const store = new MemoryStore({ keepRevisions: 100 });
  for (let n = 0; n < 1_000; n++) {
    await store.put(`/${n % 10}`, `${n}`);
    const kept = store.revision - store.compactedRevision;
    assert(kept >= Math.min(n + 1, 100) && kept <= 125);
  }
  assert.equal(store.list({ prefix: '/' }).entries.length, 10);
  await store.close();
});

test('a store that begins at a revision has nothing before it and goes on from there', async () => {
  const store = new MemoryStore({ revision: 5_000 });
  assert.equal(store.revision, 5_000);
  assert.throws(
    () => store.watch({ prefix: '/', fromRevision: 12, onChanges: () => {} }),
    (error: Error) => error.name === 'CompactedError',
  );
  const entry = await store.put('/a', '1');
  assert.equal(entry.modRevision, 5_001);
  await store.close();
});
