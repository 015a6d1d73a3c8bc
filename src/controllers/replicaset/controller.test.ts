import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods, replicaSets } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core.ts';
import { startTestCluster, type TestCluster } from '../../client/client.fixture.ts';
import { ReplicaSetController } from './controller.ts';

const namespace = 'default';

async function start(cluster: TestCluster): Promise<ReplicaSetController> {
  const controller = new ReplicaSetController(cluster.client, { env: cluster.env });
  await controller.start();
  return controller;
}

async function createSet(cluster: TestCluster, replicas: number) {
  const labels = { app: 'web' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'app' }] } };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  const metadata = { name: 'web', namespace };
  return cluster.client.of(replicaSets).create({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec });
}

async function podsOf(cluster: TestCluster): Promise<Pod[]> {
  return (await cluster.client.of(pods).list({ namespace })).items;
}

test('a set gets its pods, follows its number and says how many there are', async () => {
  await using cluster = await startTestCluster();
  const controller = await start(cluster);
  const set = await createSet(cluster, 3);
  await cluster.clock.advance(10);
  const made = await podsOf(cluster);
  assert.equal(made.length, 3);
  assert.ok(made.every(({ metadata }) => metadata.ownerReferences?.[0]?.uid === set.metadata.uid));
  assert.ok(made.every(({ metadata }) => metadata.labels?.['app'] === 'web' && metadata.name.startsWith('web-')));
  await cluster.client.of(replicaSets).patch('web', { spec: { replicas: 1 } }, { namespace });
  await cluster.clock.advance(10);
  assert.equal((await podsOf(cluster)).length, 1);
  assert.equal((await cluster.client.of(replicaSets).get('web', { namespace })).status?.replicas, 1);
  await controller.stop();
});

test('a pod that is gone is replaced, and no other one is made', async () => {
  await using cluster = await startTestCluster();
  const controller = await start(cluster);
  await createSet(cluster, 2);
  await cluster.clock.advance(10);
  const [first] = (await podsOf(cluster)) as [Pod];
  await cluster.client.of(pods).delete(first.metadata.name, { namespace, gracePeriodSeconds: 0 });
  await cluster.clock.advance(10);
  const left = await podsOf(cluster);
  assert.equal(left.length, 2);
  assert.ok(left.every(({ metadata }) => metadata.uid !== first.metadata.uid));
  await controller.stop();
});

test('orphans that match are adopted, and owned pods that match no more are let go', async () => {
  await using cluster = await startTestCluster();
  const spec = { containers: [{ name: 'main', image: 'app' }] };
  const metadata = { name: 'orphan', namespace, labels: { app: 'web' } };
  await cluster.client.of(pods).create({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
  const controller = await start(cluster);
  const set = await createSet(cluster, 1);
  await cluster.clock.advance(10);
  assert.deepEqual(
    (await podsOf(cluster)).map((pod) => pod.metadata.ownerReferences?.[0]?.uid),
    [set.metadata.uid],
  );
  await cluster.client.of(pods).patch('orphan', { metadata: { labels: { app: 'other' } } }, { namespace });
  await cluster.clock.advance(10);
  const all = await podsOf(cluster);
  assert.equal(all.length, 2);
  assert.deepEqual(all.find((pod) => pod.metadata.name === 'orphan')?.metadata.ownerReferences ?? [], []);
  await controller.stop();
});

test('a set that is being deleted makes and adopts nothing', async () => {
  await using cluster = await startTestCluster();
  const controller = await start(cluster);
  await createSet(cluster, 0);
  await cluster.clock.advance(10);
  await cluster.client.of(replicaSets).delete('web', { namespace, propagationPolicy: 'Orphan' });
  const spec = { containers: [{ name: 'main', image: 'app' }] };
  const metadata = { name: 'orphan', namespace, labels: { app: 'web' } };
  await cluster.client.of(pods).create({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
  await cluster.clock.advance(100);
  const [pod] = await podsOf(cluster);
  assert.deepEqual(pod?.metadata.ownerReferences ?? [], []);
  await controller.stop();
});
