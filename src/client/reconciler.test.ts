import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '../api/status.ts';
import { deferred } from '../base/deferred.ts';
import { FakeClock } from '../base/fakeclock.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { Watermark } from '../gate/watermark.ts';
import { type Reconcile, Reconciler } from './reconciler.ts';

function startReconciler(reconcile: Reconcile, more: { concurrency?: number; observer?: Watermark } = {}) {
  const clock = new FakeClock(0);
  const env = { clock, random: seededRandom(1), log: silentLog };
  return { clock, reconciler: new Reconciler({ env, name: 'test', reconcile, ...more }).start() };
}

test('an expected refusal comes back with back-off until it succeeds, and holds the watermark till then', async () => {
  const runs: number[] = [];
  const watermark = new Watermark();
  const { clock, reconciler } = startReconciler(
    async () => {
      runs.push(clock.now());
      if (runs.length < 4) throw new StatusError('Conflict', 'not yet');
      return undefined;
    },
    { observer: watermark },
  );
  reconciler.queue.add('a', 7);
  watermark.observed(9);
  await clock.advance(20);
  assert.deepEqual(runs, [0, 5, 15]);
  assert.equal(watermark.value, 6);
  await clock.advance(1_000);
  assert.deepEqual(runs, [0, 5, 15, 35]);
  assert.equal(watermark.value, 9);
  await reconciler.stop();
});

test('a key asks to be looked at again later', async () => {
  const runs: number[] = [];
  const { clock, reconciler } = startReconciler(async () => {
    runs.push(clock.now());
    return runs.length < 3 ? { requeueAfterMs: 100 } : undefined;
  });
  reconciler.queue.add('a');
  await clock.advance(1_000);
  assert.deepEqual(runs, [0, 100, 200]);
  await reconciler.stop();
});

test('as many keys as allowed are worked on at a time, never one key twice', async () => {
  const gate = deferred();
  const running: string[] = [];
  const { clock, reconciler } = startReconciler(
    async (key) => {
      running.push(key);
      await gate.promise;
      return undefined;
    },
    { concurrency: 2 },
  );
  for (const key of ['a', 'b', 'c']) reconciler.queue.add(key);
  await clock.turn();
  reconciler.queue.add('a');
  await clock.turn();
  assert.deepEqual(running, ['a', 'b']);
  gate.resolve();
  await clock.turn();
  assert.deepEqual(running.sort(), ['a', 'a', 'b', 'c']);
  await reconciler.stop();
});

test('stop waits for what is under way and takes nothing new', async () => {
  const gate = deferred();
  const done: string[] = [];
  const { clock, reconciler } = startReconciler(async (key) => {
    await gate.promise;
    done.push(key);
    return undefined;
  });
  reconciler.queue.add('a');
  reconciler.queue.add('b');
  await clock.turn();
  const stopped = reconciler.stop();
  gate.resolve();
  await stopped;
  assert.deepEqual(done, ['a']);
});
