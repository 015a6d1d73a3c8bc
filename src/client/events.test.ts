import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, events } from '../api/resources.ts';
import { FaultyTransport, startTestCluster } from './client.fixture.ts';
import { Client } from './client.ts';
import { EventRecorder } from './events.ts';

const namespace = 'default';
const LOST = { type: 'Warning', reason: 'Lost', message: 'it is gone' } as const;

test('an event says what happened to whom, and the same one again is counted on it', async () => {
  await using cluster = await startTestCluster();
  const { client, clock, env } = cluster;
  const about = await client
    .of(configMaps)
    .create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace } });
  const recorder = new EventRecorder(client, { env, component: 'tester', host: 'node-1' });
  recorder.record(about, LOST);
  await clock.advance(60_000);
  recorder.record(about, LOST);
  recorder.record(about, { ...LOST, message: 'it is gone for good' });
  await clock.turn();
  const { items } = await client.of(events).list({ namespace });
  assert.equal(items.length, 2);
  const [first] = items.filter(({ message }) => message === LOST.message);
  assert.equal(first?.count, 2);
  assert.equal(first?.involvedObject.uid, about.metadata.uid);
  assert.deepEqual(first?.source, { component: 'tester', host: 'node-1' });
  assert.notEqual(first?.firstTimestamp, first?.lastTimestamp);
});

test('an event that was removed is made anew', async () => {
  await using cluster = await startTestCluster();
  const { client, clock, env } = cluster;
  const about = await client
    .of(configMaps)
    .create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace } });
  const recorder = new EventRecorder(client, { env, component: 'tester' });
  recorder.record(about, LOST);
  await clock.turn();
  const [event] = (await client.of(events).list({ namespace })).items;
  await client.of(events).delete(event?.metadata.name ?? '', { namespace });
  recorder.record(about, LOST);
  await clock.turn();
  assert.equal((await client.of(events).list({ namespace })).items.length, 1);
});

test('a server that is away costs the event, and nothing else', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  network.isDown = true;
  const recorder = new EventRecorder(new Client(network.transport), { env: cluster.env, component: 'tester' });
  const metadata = { name: 'a', namespace, uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  recorder.record({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, LOST);
  await cluster.clock.turn();
  assert.deepEqual((await cluster.client.of(events).list()).items, []);
});
