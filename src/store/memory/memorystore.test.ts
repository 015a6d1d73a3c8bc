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
