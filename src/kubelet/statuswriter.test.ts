import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../api/resources.ts';
import type { Pod, PodStatus } from '../api/types/core.ts';
import { FaultyTransport, startTestCluster, type TestCluster } from '../client/client.fixture.ts';
import { Client } from '../client/client.ts';
import { StatusWriter } from './statuswriter.ts';

async function createPod(cluster: TestCluster): Promise<Pod> {
  const spec = { containers: [{ name: 'main', image: 'app' }] };
  return cluster.client
    .of(pods)
    .create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' }, spec });
}

function ready(status: 'True' | 'False'): PodStatus {
  const why = status === 'False' ? { reason: 'ContainersNotReady', message: 'main' } : {};
  return { phase: 'Running', conditions: [{ type: 'Ready', status, ...why }] };
}

async function readyCondition(cluster: TestCluster) {
  const pod = await cluster.client.of(pods).get('web', { namespace: 'default' });
  return pod.status?.conditions?.find(({ type }) => type === 'Ready');
}

test('a status that goes back while the one between is being written is written as well', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  const writer = new StatusWriter(new Client(network.transport), { env: cluster.env, pod: await createPod(cluster) });
  writer.report(ready('True'));
  await writer.settled();
  network.delayMs = () => 10;
  writer.report(ready('False'));
  writer.report(ready('True'));
  await cluster.clock.advance(100);
  assert.equal((await readyCondition(cluster))?.status, 'True');
  network.delayMs = undefined;
});

test('what is no longer said of a condition is taken back', async () => {
  await using cluster = await startTestCluster();
  const writer = new StatusWriter(cluster.client, { env: cluster.env, pod: await createPod(cluster) });
  writer.report(ready('False'));
  await writer.settled();
  assert.equal((await readyCondition(cluster))?.reason, 'ContainersNotReady');
  writer.report(ready('True'));
  await writer.settled();
  const { reason, message } = (await readyCondition(cluster)) ?? {};
  assert.deepEqual([reason, message], [undefined, undefined]);
});

test('a server that is away gets the newest status when it is back', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  const writer = new StatusWriter(new Client(network.transport), { env: cluster.env, pod: await createPod(cluster) });
  network.isDown = true;
  writer.report(ready('True'));
  await cluster.clock.advance(500);
  writer.report(ready('False'));
  network.isDown = false;
  await cluster.clock.advance(5_000);
  assert.equal((await readyCondition(cluster))?.status, 'False');
});

test('a report in the very turn in which a write ends is written as well', async () => {
  await using cluster = await startTestCluster();
  const writer = new StatusWriter(cluster.client, { env: cluster.env, pod: await createPod(cluster) });
  for (let microtasks = 0; microtasks < 60; microtasks++) {
    writer.report(ready('True'));
    for (let turn = 0; turn < microtasks; turn++) await Promise.resolve();
    writer.report(ready('False'));
    await cluster.clock.turn();
    assert.equal((await readyCondition(cluster))?.status, 'False', `after ${microtasks} microtasks`);
  }
});

test('the status of a pod that took the name is never overwritten', async () => {
  await using cluster = await startTestCluster();
  const old = await createPod(cluster);
  const writer = new StatusWriter(cluster.client, { env: cluster.env, pod: old });
  await cluster.client.of(pods).delete('web', { namespace: 'default', gracePeriodSeconds: 0 });
  await createPod(cluster);
  writer.report(ready('True'));
  await writer.settled();
  assert.equal(await readyCondition(cluster), undefined);
});
