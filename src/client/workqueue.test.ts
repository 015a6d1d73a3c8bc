import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../base/fakeclock.ts';
import { WorkQueue } from './workqueue.ts';

test('a key added twice is worked on once', async () => {
  const queue = new WorkQueue({ clock: new FakeClock() });
  queue.add('a');
  queue.add('a');
  queue.add('b');
  assert.equal(await queue.take(), 'a');
  assert.equal(await queue.take(), 'b');
  assert.equal(queue.length, 2);
});

test('a key added while it is worked on comes again afterwards, never at the same time', async () => {
  const queue = new WorkQueue({ clock: new FakeClock() });
  queue.add('a');
  assert.equal(await queue.take(), 'a');
  queue.add('a');
  let taken: string | undefined;
  const next = queue.take().then((key) => {
    taken = key;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(taken, undefined);
  queue.done('a', 'finished');
  await next;
  assert.equal(taken, 'a');
});

test('a failed key comes back after a back-off that doubles', async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock });
  queue.add('a');
  for (const wait of [5, 10, 20]) {
    assert.equal(await queue.take(), 'a');
    queue.done('a', 'failed');
    await clock.advance(wait - 1);
    assert.equal(queue.length, 0);
    await clock.advance(1);
    assert.equal(queue.length, 1);
  }
});

test('of several wishes to come later the soonest counts', async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock });
  queue.addAfter('a', 100);
  queue.addAfter('a', 10);
  queue.addAfter('a', 50);
  await clock.advance(10);
  assert.equal(await queue.take(), 'a');
  queue.done('a', 'finished');
  await clock.advance(200);
  assert.equal(queue.length, 0);
});

test('closing ends every wait and takes nothing more', async () => {
  const queue = new WorkQueue({ clock: new FakeClock() });
  const waits = [queue.take(), queue.take()];
  queue.close();
  queue.add('a');
  assert.deepEqual(await Promise.all(waits), [undefined, undefined]);
  assert.equal(queue.length, 0);
});
