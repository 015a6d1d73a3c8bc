import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../base/fakeclock.ts';
import { podOf } from './cluster.fixture.ts';
import { SchedulingQueue, type Waiting } from './queue.ts';

function begin() {
  const clock = new FakeClock();
  const queue = new SchedulingQueue({ clock });
  const taken: Waiting[] = [];
  const reading = (async () => {
    for (let next = await queue.take(); next; next = await queue.take()) taken.push(next);
  })();
  return {
    clock,
    queue,
    /** Names of the pods that were taken since the last look. */
    async names() {
      await clock.turn();
      return taken.splice(0).map(({ pod }) => pod.metadata.name);
    },
    async one() {
      await clock.turn();
      return taken.splice(0, 1)[0] ?? assert.fail('a pod was ready');
    },
    async [Symbol.asyncDispose]() {
      queue.close();
      await reading;
    },
  };
}

const FIT = new Set(['NodeResourcesFit']);

test('the highest priority comes first, among equals the first that came', async () => {
  const queue = new SchedulingQueue({ clock: new FakeClock() });
  for (const [name, priority] of Object.entries({ a: 0, b: 10, c: -5, d: 10 })) {
    queue.add(podOf(name, { spec: { priority } }));
  }
  const order = [];
  for (let i = 0; i < 4; i++) order.push((await queue.take())?.pod.metadata.name);
  assert.deepEqual(order, ['b', 'd', 'a', 'c']);
  queue.close();
  assert.equal(await queue.take(), undefined);
});

test('a pod that fits nowhere comes back on a change, after a back-off that doubles up to ten seconds', async () => {
  await using at = begin();
  at.queue.add(podOf('a'));
  for (const waitMs of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    at.queue.unschedulable(await at.one(), FIT);
    at.queue.clusterChanged('NodeChanged');
    await at.clock.advance(waitMs - 1);
    assert.deepEqual(await at.names(), []);
    await at.clock.advance(1);
    at.queue.clusterChanged('NodeChanged');
  }
  assert.deepEqual(await at.names(), ['a']);
});

test('a change after the back-off brings a pod back at once', async () => {
  await using at = begin();
  at.queue.add(podOf('a'));
  at.queue.unschedulable(await at.one(), FIT);
  await at.clock.advance(5_000);
  assert.deepEqual(await at.names(), []);
  at.queue.clusterChanged('PodLeft');
  assert.deepEqual(await at.names(), ['a']);
});

test('a pod placed elsewhere helps only those that care for company', async () => {
  await using at = begin();
  at.queue.add(podOf('a'));
  at.queue.unschedulable(await at.one(), FIT);
  at.queue.add(podOf('b'));
  at.queue.unschedulable(await at.one(), new Set(['InterPodAffinity']));
  await at.clock.advance(1_000);
  at.queue.clusterChanged('PodPlaced');
  assert.deepEqual(await at.names(), ['b']);
});

test('without any change a pod is tried again after five minutes', async () => {
  await using at = begin();
  at.queue.add(podOf('a'));
  at.queue.unschedulable(await at.one(), FIT);
  await at.clock.advance(299_000);
  assert.deepEqual(await at.names(), []);
  await at.clock.advance(2_000);
  assert.deepEqual(await at.names(), ['a']);
});

test('a new wish brings a pod back, a new status does not', async () => {
  await using at = begin();
  const pod = podOf('a');
  at.queue.add(pod);
  at.queue.unschedulable(await at.one(), FIT);
  await at.clock.advance(1_000);
  at.queue.add({ ...pod, status: { phase: 'Pending' } });
  assert.deepEqual(await at.names(), []);
  at.queue.add({ ...pod, spec: { ...pod.spec, nodeSelector: { disk: 'ssd' } } });
  assert.deepEqual(await at.names(), ['a']);
});

test('a pod that is removed comes back no more, whatever is then said of it', async () => {
  await using at = begin();
  at.queue.add(podOf('a'));
  const waiting = await at.one();
  at.queue.remove('default/a');
  at.queue.failed(waiting);
  at.queue.clusterChanged('NodeChanged');
  await at.clock.advance(600_000);
  assert.deepEqual(await at.names(), []);
  assert.equal(at.queue.size, 0);
});

test('a pod of the same name but another uid is another pod', async () => {
  await using at = begin();
  at.queue.add(podOf('a'));
  const old = await at.one();
  const next = podOf('a');
  at.queue.add({ ...next, metadata: { ...next.metadata, uid: 'other' } });
  at.queue.failed(old);
  assert.equal((await at.one()).pod.metadata.uid, 'other');
});

test('a pod that waited only for a node to be there and ready is tried the moment one is', async () => {
  await using at = begin();
  at.queue.add(podOf('a'));
  for (const rejectedBy of [new Set<string>(), new Set(['NodeReady'])]) {
    at.queue.unschedulable(await at.one(), rejectedBy);
    assert.deepEqual(await at.names(), []);
    at.queue.clusterChanged('NodeChanged');
  }
  assert.deepEqual(await at.names(), ['a']);
});
