import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../api/kind.ts';
import { configMapKind } from '../../api/kinds/configmap.ts';
import { builtinKinds } from '../../api/registry.ts';
import { configMaps, events, nodes, pods, replicaSets, secrets } from '../../api/resources.ts';
import type { ConfigMap } from '../../api/types/core.ts';
import type { KubeObject, ObjectMeta, OwnerReference } from '../../api/types/meta.ts';
import { GarbageCollector } from './controller.ts';
import { startWorld, type World } from './world.fixture.ts';

const NAMESPACE = 'default';

async function startCollected(): Promise<World> {
  const world = await startWorld();
  await world.run(new GarbageCollector(world.client, { env: world.env, registry: builtinKinds() }));
  return world;
}

function configMap(world: World, name: string, metadata: Partial<ObjectMeta> = {}): Promise<ConfigMap> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE, ...metadata } };
  return world.client.of(configMaps).create(object);
}

function ownedBy(owner: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, ...more };
}

const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name).sort();
const has = (name: string) => (objects: readonly KubeObject[]) => names(objects).includes(name);
const untilNames = (world: World, wanted: string[]) =>
  world.until(configMaps, (all) => names(all).join() === wanted.join());

test('dependents of dependents go with the first owner, across kinds', async () => {
  await using world = await startCollected();
  const owner = await configMap(world, 'owner');
  const child = await world.client.of(secrets).create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'child', namespace: NAMESPACE, ownerReferences: [ownedBy(owner)] },
  });
  await configMap(world, 'grandchild', { ownerReferences: [ownedBy(child)] });
  await configMap(world, 'stranger');
  await world.client.of(configMaps).delete('owner', { namespace: NAMESPACE });
  await untilNames(world, ['stranger']);
  await world.until(secrets, (all) => all.length === 0);
});

test('a pod of a deleted ReplicaSet ends with its grace', async () => {
  await using world = await startCollected();
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web' }] } };
  const set = await world.client.of(replicaSets).create({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: NAMESPACE },
    spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template },
  });
  await world.client.of(pods).create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-1',
      namespace: NAMESPACE,
      ownerReferences: [ownedBy(set, { controller: true, blockOwnerDeletion: true })],
    },
    spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'web' }] },
  });
  await world.client.of(replicaSets).delete('web', { namespace: NAMESPACE });
  const [pod] = await world.until(pods, (all) => all.some(({ metadata }) => metadata.deletionTimestamp));
  assert.equal(pod?.metadata.deletionGracePeriodSeconds, 30);
});

test('an object with another living owner stays and forgets the one that is gone', async () => {
  await using world = await startCollected();
  const [one, two] = [await configMap(world, 'one'), await configMap(world, 'two')];
  await configMap(world, 'shared', { ownerReferences: [ownedBy(one), ownedBy(two)] });
  await world.client.of(configMaps).delete('one', { namespace: NAMESPACE });
  const all = await world.until(configMaps, (maps) =>
    maps.some(({ metadata }) => metadata.name === 'shared' && metadata.ownerReferences?.length === 1),
  );
  const shared = all.find(({ metadata }) => metadata.name === 'shared');
  assert.deepEqual(shared?.metadata.ownerReferences, [ownedBy(two)]);
});

test('an owner that never was, or is another object of the same name, is no owner', async () => {
  await using world = await startCollected();
  const other = await configMap(world, 'other');
  await configMap(world, 'a', { ownerReferences: [ownedBy(other, { uid: 'never' })] });
  await configMap(world, 'b', { ownerReferences: [ownedBy(other, { uid: 'never', name: 'nobody' })] });
  await untilNames(world, ['other']);
});

test('objects are collected that lost their owner while nobody looked', async () => {
  await using world = await startWorld();
  const owner = await configMap(world, 'owner');
  await configMap(world, 'child', { ownerReferences: [ownedBy(owner)] });
  await world.client.of(configMaps).delete('owner', { namespace: NAMESPACE });
  await world.run(new GarbageCollector(world.client, { env: world.env, registry: builtinKinds() }));
  await untilNames(world, []);
});

test('a foreground deletion keeps the owner until what blocks it is gone', async () => {
  await using world = await startCollected();
  const owner = await configMap(world, 'owner');
  const ownerReferences = [ownedBy(owner, { blockOwnerDeletion: true })];
  await configMap(world, 'child', { ownerReferences, finalizers: ['a.b/c'] });
  await world.client.of(configMaps).delete('owner', { namespace: NAMESPACE, propagationPolicy: 'Foreground' });
  const held = await world.until(configMaps, (all) => all.every(({ metadata }) => metadata.deletionTimestamp));
  assert.deepEqual(names(held), ['child', 'owner']);
  await world.client.of(configMaps).patch('child', { metadata: { finalizers: null } }, { namespace: NAMESPACE });
  await untilNames(world, []);
});

test('a foreground deletion does not wait for a dependent that does not block', async () => {
  await using world = await startCollected();
  const owner = await configMap(world, 'owner');
  await configMap(world, 'child', { ownerReferences: [ownedBy(owner)], finalizers: ['a.b/c'] });
  await world.client.of(configMaps).delete('owner', { namespace: NAMESPACE, propagationPolicy: 'Foreground' });
  const left = await world.until(
    configMaps,
    (all) => !has('owner')(all) && all.every(({ metadata }) => metadata.deletionTimestamp),
  );
  assert.deepEqual(names(left), ['child']);
});

test('a circle in a foreground deletion goes as a whole', async () => {
  await using world = await startCollected();
  const a = await configMap(world, 'a');
  const b = await configMap(world, 'b', { ownerReferences: [ownedBy(a, { blockOwnerDeletion: true })] });
  const back = { metadata: { ownerReferences: [ownedBy(b, { blockOwnerDeletion: true })] } };
  await world.client.of(configMaps).patch('a', back, { namespace: NAMESPACE });
  await world.client.of(configMaps).delete('a', { namespace: NAMESPACE, propagationPolicy: 'Foreground' });
  await untilNames(world, []);
});

test('an orphaning deletion leaves the dependents without an owner', async () => {
  await using world = await startCollected();
  const owner = await configMap(world, 'owner');
  await configMap(world, 'child', { ownerReferences: [ownedBy(owner)] });
  await world.client.of(configMaps).delete('owner', { namespace: NAMESPACE, propagationPolicy: 'Orphan' });
  const [child] = await untilNames(world, ['child']);
  assert.equal(child?.metadata.ownerReferences, undefined);
  assert.equal(child?.metadata.deletionTimestamp, undefined);
});

test('a reference into another namespace names nobody, and an event says so', async () => {
  await using world = await startCollected();
  const owner = await configMap(world, 'owner', { namespace: 'kube-public' });
  await world.until(configMaps, has('owner'));
  await configMap(world, 'child', { ownerReferences: [ownedBy(owner)] });
  await untilNames(world, ['owner']);
  const reported = await world.until(events, (all) => all.length > 0);
  assert.deepEqual(
    reported.map(({ type, reason, message }) => [type, reason, message]),
    [
      [
        'Warning',
        'OwnerRefInvalidNamespace',
        `ownerRef [v1/ConfigMap, namespace: default, name: owner, uid: ${owner.metadata.uid}] does not exist in namespace "default"`,
      ],
    ],
  );
});

test('what cannot be resolved is left alone', async () => {
  await using world = await startCollected();
  const unserved = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'w' };
  await configMap(world, 'of-a-kind-unserved', { ownerReferences: [unserved] });
  const gone = { apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: 'never' };
  await world.client.of(nodes).create({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', ownerReferences: [gone] },
  });
  await configMap(world, 'sentinel', { ownerReferences: [gone] });
  await untilNames(world, ['of-a-kind-unserved']);
  assert.deepEqual(names((await world.client.of(nodes).list()).items), ['n1']);
});

test('an owner of the whole cluster owns objects of any namespace', async () => {
  await using world = await startCollected();
  const metadata = { name: 'n1' };
  const node = await world.client.of(nodes).create({ apiVersion: 'v1', kind: 'Node', metadata });
  await configMap(world, 'child', { ownerReferences: [ownedBy(node)] });
  const gone = ownedBy(node, { uid: 'never', name: 'nobody' });
  await configMap(world, 'sentinel', { ownerReferences: [gone] });
  await untilNames(world, ['child']);
  await world.client.of(nodes).delete('n1');
  await untilNames(world, []);
});

test('kinds that come at run time are collected too', async () => {
  const registry = builtinKinds();
  await using world = await startWorld({ registry });
  await world.run(new GarbageCollector(world.client, { env: world.env, registry }));
  const widgets = { group: 'example.com', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true };
  registry.register({ ...(configMapKind as Kind), singular: 'widget', shortNames: [], resource: widgets });
  const owner = await configMap(world, 'owner');
  await world.client.of(widgets).create({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: NAMESPACE, ownerReferences: [ownedBy(owner)] },
  });
  await world.clock.advance(30_000);
  await world.client.of(configMaps).delete('owner', { namespace: NAMESPACE });
  await world.until(widgets, (all) => all.length === 0);
});

test('an owner of a kind that is served again is found to be there or gone', async () => {
  const registry = builtinKinds();
  await using world = await startWorld({ registry });
  await world.run(new GarbageCollector(world.client, { env: world.env, registry }));
  await configMap(world, 'child', {
    ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'nobody', uid: 'never' }],
  });
  await world.clock.advance(30_000);
  assert.deepEqual(names((await world.client.of(configMaps).list()).items), ['child']);
  const widgets = { group: 'example.com', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true };
  registry.register({ ...(configMapKind as Kind), singular: 'widget', shortNames: [], resource: widgets });
  await world.clock.advance(30_000);
  await untilNames(world, []);
});

test('dependents are collected though they change all the time', async () => {
  await using world = await startCollected();
  const owner = await configMap(world, 'owner');
  await configMap(world, 'child', { ownerReferences: [ownedBy(owner)] });
  const deletion = world.client.of(configMaps).delete('owner', { namespace: NAMESPACE });
  const change = (n: number) =>
    world.client.of(configMaps).patch('child', { data: { n: String(n) } }, { namespace: NAMESPACE });
  const changes = await Promise.allSettled([deletion, ...Array.from({ length: 20 }, (_, n) => change(n))]);
  assert.equal(changes[0]?.status, 'fulfilled');
  await world.clock.advance(1_000);
  await untilNames(world, []);
});
