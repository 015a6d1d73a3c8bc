import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointConsumers } from '../api/resources.ts';
import { FaultyTransport, startTestCluster, type TestCluster } from '../client/client.fixture.ts';
import { Client } from '../client/client.ts';
import { Registration } from './registration.ts';
import { Watermark } from './watermark.ts';

const NAME = 'node-1.proxy';

function makeRegistration(cluster: TestCluster, client = cluster.client, published?: () => number) {
  const watermark = new Watermark();
  const registration = new Registration(client, {
    env: cluster.env,
    name: NAME,
    spec: { component: 'proxy', nodeName: 'node-1', role: published ? 'Publisher' : 'Consumer' },
    watermark,
    ...(published ? { published } : {}),
  });
  return { watermark, registration };
}

async function stated(cluster: TestCluster): Promise<string | undefined> {
  await cluster.clock.turn();
  return (await cluster.client.of(endpointConsumers).get(NAME)).status?.observedResourceVersion;
}

test('it is registered with its number when start resolves, and states each growth', async () => {
  await using cluster = await startTestCluster();
  const { watermark, registration } = makeRegistration(cluster);
  await registration.start();
  assert.equal(await stated(cluster), '0');
  watermark.observed(7);
  assert.equal(await stated(cluster), '7');
  await registration.stop();
  await assert.rejects(cluster.client.of(endpointConsumers).get(NAME), { reason: 'NotFound' });
});

test('a publisher also says where its latest write is', async () => {
  await using cluster = await startTestCluster();
  const { watermark, registration } = makeRegistration(cluster, cluster.client, () => 12);
  await registration.start();
  watermark.observed(9);
  await cluster.clock.turn();
  const { status } = await cluster.client.of(endpointConsumers).get(NAME);
  assert.equal(status?.observedResourceVersion, '9');
  assert.equal(status?.publishedResourceVersion, '12');
  await registration.stop();
});

test('what an earlier life stated is taken back, and the object is there all the while', async () => {
  await using cluster = await startTestCluster();
  const first = makeRegistration(cluster);
  await first.registration.start();
  first.watermark.observed(50);
  assert.equal(await stated(cluster), '50');
  const { uid } = (await cluster.client.of(endpointConsumers).get(NAME)).metadata;
  const second = makeRegistration(cluster);
  await second.registration.start();
  const now = await cluster.client.of(endpointConsumers).get(NAME);
  assert.equal(now.status?.observedResourceVersion, '0');
  assert.equal(now.metadata.uid, uid);
  await first.registration.stop();
  await second.registration.stop();
});

test('when the server has forgotten the object it is made anew and the number stated', async () => {
  await using cluster = await startTestCluster();
  const { watermark, registration } = makeRegistration(cluster);
  await registration.start();
  await cluster.client.of(endpointConsumers).delete(NAME);
  watermark.observed(5);
  assert.equal(await stated(cluster), '5');
  await cluster.client.of(endpointConsumers).delete(NAME);
  await cluster.clock.advance(4_000);
  assert.equal(await stated(cluster), '5', 'the next renewal notices it');
  await registration.stop();
});

test('a server that is away is told the newest number as soon as it is back', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  const { watermark, registration } = makeRegistration(cluster, new Client(network.transport));
  await registration.start();
  network.isDown = true;
  for (const revision of [3, 4, 5]) watermark.observed(revision);
  await cluster.clock.advance(2_000);
  assert.equal(await stated(cluster), '0');
  network.isDown = false;
  await cluster.clock.advance(1_000);
  assert.equal(await stated(cluster), '5');
  await registration.stop();
});

test('a burst of growth costs one statement at a time, and the newest number is stated', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  let statements = 0;
  const client = new Client((request) => {
    if (request.method === 'PATCH') statements++;
    return network.transport(request);
  });
  const { watermark, registration } = makeRegistration(cluster, client);
  await registration.start();
  statements = 0;
  network.delayMs = () => 5;
  for (let revision = 1; revision <= 100; revision++) watermark.observed(revision);
  await cluster.clock.advance(100);
  assert.equal(await stated(cluster), '100');
  assert.equal(statements, 2);
  network.delayMs = undefined;
  await registration.stop();
});

test('growth in the very turn in which a statement ends is stated as well', async () => {
  await using cluster = await startTestCluster();
  const { watermark, registration } = makeRegistration(cluster);
  await registration.start();
  for (let microtasks = 0; microtasks < 60; microtasks++) {
    const base = watermark.value;
    watermark.observed(base + 1);
    for (let turn = 0; turn < microtasks; turn++) await Promise.resolve();
    watermark.observed(base + 2);
    assert.equal(await stated(cluster), String(base + 2), `after ${microtasks} microtasks`);
  }
  await registration.stop();
});
