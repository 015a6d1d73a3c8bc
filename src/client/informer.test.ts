import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf } from '../api/resource.ts';
import { configMaps } from '../api/resources.ts';
import type { ConfigMap } from '../api/types/core.ts';
import type { Env } from '../base/env.ts';
import { FaultyTransport, startTestCluster, type TestCluster } from './client.fixture.ts';
import { Client } from './client.ts';
import { informerModel } from './informer.model.ts';
import { Informer, type Notification } from './informer.ts';

const APPS = 'default';

function draft(name: string, data: Record<string, string> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: APPS, labels: { app: name } }, data };
}

function revisionOf(object: ConfigMap | undefined): number {
  return Number(object?.metadata.resourceVersion ?? 0);
}

/** `web 5->7`: the key's name with the revisions of the state before and after; 0 for none. */
function told({ key, object, previous }: Notification<ConfigMap>): string {
  return `${key.split('/')[1]} ${revisionOf(previous)}->${revisionOf(object)}`;
}

async function startInformer(cluster: TestCluster, client: Client, more: { env?: Env; namespace?: string } = {}) {
  const informer = new Informer<ConfigMap>(client, configMaps, { env: cluster.env, ...more });
  const story: string[] = [];
  informer.onChange((notification) => story.push(told(notification))).start();
  await informer.synced;
  return { informer, story };
}

test('handlers are told what a list brings and then every change with the state before it', async () => {
  await using cluster = await startTestCluster();
  const maps = cluster.client.of(configMaps);
  const a = await maps.create(draft('a'));
  const { informer, story } = await startInformer(cluster, cluster.client, { namespace: APPS });
  assert.equal(informer.revision, revisionOf(a));
  const b = await maps.create(draft('b'));
  const a2 = await maps.update({ ...a, data: { x: '1' } });
  await maps.delete('b', { namespace: APPS });
  await cluster.clock.turn();
  const [ra, rb, ra2] = [a, b, a2].map(revisionOf);
  assert.deepEqual(story, [`a 0->${ra}`, `b 0->${rb}`, `a ${ra}->${ra2}`, `b ${rb}->0`]);
  assert.deepEqual(informer.list().map(revisionOf), [ra2]);
  assert.equal(informer.revision, cluster.server.durable.revision);
  await informer.stop();
});

test('a handler that is added late is first told of all there is', async () => {
  await using cluster = await startTestCluster();
  await cluster.client.of(configMaps).create(draft('a'));
  const { informer } = await startInformer(cluster, cluster.client, { namespace: APPS });
  const late: string[] = [];
  informer.onChange(({ key, previous }) => late.push(`${key} ${previous === undefined}`));
  assert.deepEqual(late, ['default/a true']);
  await cluster.client.of(configMaps).create(draft('b'));
  await cluster.clock.turn();
  assert.deepEqual(late, ['default/a true', 'default/b true']);
  await informer.stop();
});

test('bookmarks move the revision on while other kinds change', async () => {
  await using cluster = await startTestCluster();
  const { informer } = await startInformer(cluster, cluster.client);
  const before = informer.revision;
  const seen: number[] = [];
  informer.onProgress((revision) => seen.push(revision));
  await cluster.server.ask('POST /api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'more' } },
    headers: { 'content-type': 'application/json' },
  });
  await cluster.clock.advance(2_000);
  assert.equal(informer.revision, cluster.server.durable.revision);
  assert.ok(informer.revision > before);
  assert.equal(seen.at(-1), informer.revision);
  await informer.stop();
});

test('a broken watch goes on where it ended, without another list', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  const { informer, story } = await startInformer(cluster, new Client(network.transport));
  const before = network.asked.lists;
  network.isDown = true;
  network.breakWatches();
  const missed = await cluster.client.of(configMaps).create(draft('missed'));
  await cluster.clock.advance(10_000);
  assert.equal(informer.get('default/missed'), undefined);
  network.isDown = false;
  await cluster.clock.advance(6_000);
  assert.equal(story.at(-1), `missed 0->${revisionOf(missed)}`);
  assert.equal(network.asked.lists, before);
  await informer.stop();
});

test('after a compaction it lists anew and notices what was deleted meanwhile', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  const maps = cluster.client.of(configMaps);
  const a = await maps.create(draft('a'));
  const b = await maps.create(draft('b'));
  const { informer, story } = await startInformer(cluster, new Client(network.transport), { namespace: APPS });
  const known = informer.revision;
  const lower: number[] = [];
  informer.onChange(({ revision }) => lower.push(revision));
  lower.length = 0;
  story.length = 0;
  network.isDown = true;
  network.breakWatches();
  await maps.delete('a', { namespace: APPS });
  const b2 = await maps.update({ ...b, data: { x: '1' } });
  const c = await maps.create(draft('c'));
  await cluster.server.durable.compact(cluster.server.durable.revision);
  network.isDown = false;
  await cluster.clock.advance(10_000);
  assert.deepEqual(story, [`b ${revisionOf(b)}->${revisionOf(b2)}`, `c 0->${revisionOf(c)}`, `a ${revisionOf(a)}->0`]);
  assert.ok(
    lower.every((revision) => revision === known + 1),
    'what a list brought happened after what was known',
  );
  assert.equal(informer.revision, cluster.server.durable.revision);
  await informer.stop();
});

test('an absorbed write is read at once and told when its event comes, with what handlers knew before', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  const maps = cluster.client.of(configMaps);
  const a = await maps.create(draft('a'));
  const { informer, story } = await startInformer(cluster, new Client(network.transport));
  story.length = 0;
  network.delayMs = () => 10;
  const a2 = await maps.update({ ...a, data: { x: '1' } });
  const a3 = await maps.update({ ...a2, data: { x: '2' } });
  informer.absorb(a3);
  assert.equal(revisionOf(informer.get('default/a')), revisionOf(a3));
  assert.deepEqual(story, []);
  await cluster.clock.advance(100);
  assert.deepEqual(story, [`a ${revisionOf(a)}->${revisionOf(a3)}`]);
  informer.absorb(a2);
  assert.equal(revisionOf(informer.get('default/a')), revisionOf(a3), 'what is older is not taken');
  network.delayMs = undefined;
  await informer.stop();
});

test('an absorbed removal stays removed until its event, whatever older events say', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  const maps = cluster.client.of(configMaps);
  const a = await maps.create(draft('a'));
  const { informer, story } = await startInformer(cluster, new Client(network.transport));
  story.length = 0;
  network.delayMs = () => 10;
  await maps.update({ ...a, data: { x: '1' } });
  const gone = await maps.delete('a', { namespace: APPS });
  informer.absorbRemoval('default/a', revisionOf(gone));
  assert.equal(informer.get('default/a'), undefined);
  await cluster.clock.advance(15);
  assert.equal(informer.get('default/a'), undefined, 'the update of before does not bring it back');
  await cluster.clock.advance(100);
  assert.deepEqual(story, [`a ${revisionOf(a)}->0`]);
  network.delayMs = undefined;
  await informer.stop();
});

test('an object made anew after an absorbed removal is the one that is kept', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  const maps = cluster.client.of(configMaps);
  const a = await maps.create(draft('a'));
  const { informer, story } = await startInformer(cluster, new Client(network.transport));
  story.length = 0;
  network.delayMs = () => 10;
  informer.absorbRemoval('default/a', revisionOf(await maps.delete('a', { namespace: APPS })));
  const anew = await maps.create(draft('a'));
  informer.absorb(anew);
  assert.equal(informer.get('default/a')?.metadata.uid, anew.metadata.uid);
  await cluster.clock.advance(100);
  assert.deepEqual(story, [`a ${revisionOf(a)}->${revisionOf(anew)}`]);
  assert.equal(informer.get('default/a')?.metadata.uid, anew.metadata.uid);
  network.delayMs = undefined;
  await informer.stop();
});

test('a removal whose event a list has swallowed is told after that list', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  const maps = cluster.client.of(configMaps);
  const a = await maps.create(draft('a'));
  const { informer, story } = await startInformer(cluster, new Client(network.transport), { namespace: APPS });
  story.length = 0;
  network.isDown = true;
  network.breakWatches();
  informer.absorbRemoval('default/a', revisionOf(await maps.delete('a', { namespace: APPS })));
  await cluster.server.durable.compact(cluster.server.durable.revision);
  network.isDown = false;
  await cluster.clock.advance(10_000);
  assert.deepEqual(story, [`a ${revisionOf(a)}->0`]);
  await informer.stop();
});

test('indexes follow every change', async () => {
  await using cluster = await startTestCluster();
  const maps = cluster.client.of(configMaps);
  const indexes = { size: (map: ConfigMap) => [map.data?.['size'] ?? 'none'] };
  const informer = new Informer<ConfigMap>(cluster.client, configMaps, { env: cluster.env, indexes }).start();
  await informer.synced;
  const names = (size: string) => informer.byIndex('size', size).map(({ metadata }) => metadata.name);
  const a = await maps.create(draft('a', { size: 's' }));
  await maps.create(draft('b', { size: 's' }));
  await cluster.clock.turn();
  assert.deepEqual(names('s'), ['a', 'b']);
  await maps.update({ ...a, data: { size: 'l' } });
  await maps.delete('b', { namespace: APPS });
  await cluster.clock.turn();
  assert.deepEqual([names('s'), names('l')], [[], ['a']]);
  await informer.stop();
});

test('after stop nothing is told any more, even when a list was under way', async () => {
  await using cluster = await startTestCluster();
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  const { informer, story } = await startInformer(cluster, cluster.client, { namespace: APPS });
  await informer.stop();
  await cluster.client.of(configMaps).create(draft('a'));
  await cluster.clock.advance(10_000);
  assert.deepEqual(story, []);
  network.delayMs = () => 60_000;
  const heard: string[] = [];
  const late = new Informer<ConfigMap>(new Client(network.transport), configMaps, { env: cluster.env });
  late.start().onChange((notification) => heard.push(told(notification)));
  await cluster.clock.turn();
  const stopped = late.stop();
  await cluster.clock.advance(180_000);
  await stopped;
  assert.deepEqual(heard, []);
});

test('keys are told apart by their namespaces', async () => {
  await using cluster = await startTestCluster();
  const { informer } = await startInformer(cluster, cluster.client);
  const made = await cluster.client.of(configMaps).create(draft('a'));
  const other = await cluster.client
    .of(configMaps)
    .create({ ...draft('a'), metadata: { name: 'a', namespace: 'kube-system' } });
  await cluster.clock.turn();
  assert.equal(informer.get(keyOf(made))?.metadata.uid, made.metadata.uid);
  assert.deepEqual(
    informer.list('kube-system').map(({ metadata }) => metadata.uid),
    [other.metadata.uid],
  );
  await informer.stop();
});

test('over a bad network it tells everything once, in order, reads its writes and ends up with what there is', async () => {
  for (let seed = 1; seed <= 100; seed++) await informerModel(seed);
});
