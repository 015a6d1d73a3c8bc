import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../src/base/log.ts';
import { storeSuite } from '../src/store/store.suite.ts';
import { SimTime } from './clock.ts';
import { SimDisk } from './disk.ts';
import { between, splitRandom } from './random.ts';

function diskOf(time: SimTime, seed = 1): SimDisk {
  const random = splitRandom(seed, 'disk');
  return new SimDisk({ time, random, writeMs: () => between(random, 0.1, 1), keepRevisions: 10_000 });
}

storeSuite('sqlite over a simulated disk', async () => {
  const time = new SimTime(1);
  const disk = diskOf(time);
  let store = await disk.open(silentLog);
  const end = { reached: false };
  const goesOn = async () => {
    while (!end.reached) await time.advance(1).then(() => new Promise((resolve) => setImmediate(resolve)));
  };
  const passing = goesOn();
  return {
    store,
    async reopen() {
      await store.close();
      store = await disk.open(silentLog);
      return store;
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      end.reached = true;
      await passing;
    },
  };
});

test('what was acknowledged survives a crash at any moment, and what was not is there whole or not at all', async () => {
  const kept = new Set<number>();
  for (let seed = 1; seed <= 40; seed++) {
    const time = new SimTime(seed);
    const disk = diskOf(time, seed);
    const store = await disk.open(silentLog);
    let acknowledged = 0;
    for (let write = 1; write <= 5; write++) {
      store.put(`/registry/a${write}`, String(write)).then((entry) => {
        acknowledged = Math.max(acknowledged, entry.modRevision);
      });
      await time.advance(0.3);
    }
    disk.crash();
    await time.advance(10);
    const again = await disk.open(silentLog);
    assert.ok(again.revision >= acknowledged, `seed ${seed}: ${again.revision} of ${acknowledged} acknowledged`);
    for (let write = 1; write <= again.revision; write++)
      assert.equal(again.get(`/registry/a${write}`)?.value, String(write));
    kept.add(again.revision - acknowledged);
  }
  assert.ok(kept.has(0) && kept.size > 1, 'sometimes what was not acknowledged is lost, and sometimes it is there');
});
