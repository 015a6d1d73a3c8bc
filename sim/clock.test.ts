import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimTime, StallError } from './clock.ts';

test('events come in the order of their time, and those of one moment in an order of the seed', async () => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    const time = new SimTime(seed);
    const seen: string[] = [];
    time.after(2, () => seen.push('late'));
    for (const name of ['a', 'b', 'c']) time.after(1, () => seen.push(name));
    await time.advance(5);
    assert.equal(seen.at(-1), 'late');
    orders.add(seen.join(''));
  }
  assert.ok(orders.size > 3, `${orders.size} orders in 20 seeds`);
});

test('a promise chain of any depth ends before the next event', async () => {
  const time = new SimTime(1);
  let depth = 0;
  const chain = async () => {
    for (let step = 0; step < 5_000; step++) {
      await Promise.resolve();
      depth++;
    }
  };
  time.after(1, () => void chain());
  let seen = 0;
  time.after(1.001, () => {
    seen = depth;
  });
  await time.advance(2);
  assert.equal(seen, 5_000);
});

test('a clock that was killed never fires again, and its timers are forgotten', async () => {
  const time = new SimTime(1);
  const clock = time.clock('gone');
  let fired = 0;
  clock.timer(1, () => fired++);
  clock.kill();
  clock.timer(1, () => fired++);
  await time.advance(5);
  assert.equal(fired, 0);
});

test('wall time is wrong by its skew, and elapsed time is not', async () => {
  const time = new SimTime(1);
  const [right, wrong] = [time.clock('right'), time.clock('wrong', { skewMs: 5_000 })];
  await time.advance(100);
  assert.equal(wrong.now() - right.now(), 5_000);
  assert.equal(wrong.monotonic(), right.monotonic());
});

test('a world in which nobody waits for time says what is missing', async () => {
  const time = new SimTime(1);
  const stalled = time.until(() => 'the node is Ready', { boundMs: 1_000, everyMs: 10 });
  await assert.rejects(stalled, (error) => {
    assert.ok(error instanceof StallError);
    assert.match(error.message, /nobody waits for time any more, and still missing: the node is Ready/);
    return true;
  });
});

test('a world that goes on and on says who waits for time', async () => {
  const time = new SimTime(1);
  const clock = time.clock('kubelet');
  const again = () => void clock.timer(100, again);
  again();
  const stalled = time.until(() => 'the pod is gone', { boundMs: 1_000, everyMs: 10 });
  await assert.rejects(
    stalled,
    /1 s have passed, and still missing: the pod is gone\. Waiting for time: kubelet \(1\)/,
  );
});
