import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtinKinds } from '../../api/registry.ts';
import { configMaps, namespaces, pods, services } from '../../api/resources.ts';
import { StatusError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core.ts';
import { configMap, pod } from '../../apiserver/apiserver.fixture.ts';
import { Client } from '../../client/client.ts';
import { startWorld, type World } from '../garbagecollector/world.fixture.ts';
import { NamespaceController } from './controller.ts';

const TEAM = '/api/v1/namespaces/team';

async function startTeam(): Promise<World> {
  const world = await startWorld();
  await world.client.of(namespaces).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  await world.run(new NamespaceController(world.client, { env: world.env, registry: builtinKinds() }));
  return world;
}

async function create(world: World, collection: string, body: unknown): Promise<void> {
  const answer = await world.server.ask(`POST ${TEAM}/${collection}`, { body });
  assert.equal(answer.status, 201, answer.text);
}

const isGone = (world: World) =>
  world.until(namespaces, (all) => !all.some(({ metadata }) => metadata.name === 'team'));

function untilCondition(world: World, type: string, isSo: (message: string) => boolean) {
  return world.until(namespaces, (all) => {
    const conditions = all.find(({ metadata }) => metadata.name === 'team')?.status?.conditions ?? [];
    return conditions.some((condition) => condition.type === type && isSo(condition.message ?? ''));
  });
}

test('a namespace is gone when its content is, and other namespaces keep theirs', async () => {
  await using world = await startTeam();
  await create(world, 'configmaps', configMap('a'));
  await create(world, 'services', { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
  await create(world, 'pods', pod('p'));
  await world.server.ask('POST /api/v1/namespaces/default/configmaps', { body: configMap('kept') });
  await world.client.of(namespaces).delete('team');
  await isGone(world);
  assert.equal((await world.server.ask('GET /api/v1/services')).object.items.length, 0);
  const kept = await world.client.of(configMaps).list();
  assert.deepEqual(
    kept.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    ['default/kept'],
  );
});

test('pods end with their grace before anything else goes, and the conditions say so', async () => {
  await using world = await startTeam();
  await create(world, 'pods', pod('p', { spec: { nodeName: 'n1' } }));
  await create(world, 'services', { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
  await world.client.of(namespaces).delete('team');
  await untilCondition(
    world,
    'NamespaceContentRemaining',
    (message) => message === 'Some resources are remaining: pods. has 1 resource instances',
  );
  const leaving = await world.client.of(pods).get('p', { namespace: 'team' });
  assert.equal(leaving.metadata.deletionGracePeriodSeconds, 30);
  assert.equal((await world.client.of(services).list({ namespace: 'team' })).items.length, 1);
  await world.client.of(pods).delete('p', { namespace: 'team', gracePeriodSeconds: 0 });
  await isGone(world);
  assert.equal((await world.client.of(services).list()).items.length, 0);
});

test('a finalizer holds the namespace until it is taken off', async () => {
  await using world = await startTeam();
  await create(world, 'configmaps', configMap('held', { metadata: { finalizers: ['a.b/c'] } }));
  await world.client.of(namespaces).delete('team');
  await untilCondition(world, 'NamespaceFinalizersRemaining', (message) => message.includes('a.b/c in 1 resource'));
  assert.equal((await world.client.of(namespaces).get('team')).status?.phase, 'Terminating');
  await world.client.of(configMaps).patch('held', { metadata: { finalizers: null } }, { namespace: 'team' });
  await isGone(world);
});

test('a deletion that began before the controller did is finished by it', async () => {
  await using world = await startWorld();
  await world.client.of(namespaces).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  await create(world, 'configmaps', configMap('a'));
  await world.client.of(namespaces).delete('team');
  await world.run(new NamespaceController(world.client, { env: world.env, registry: builtinKinds() }));
  await isGone(world);
  assert.equal((await world.client.of(configMaps).list()).items.length, 0);
});

test('many pods that leave one after another end in an empty namespace', async () => {
  await using world = await startTeam();
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
  for (const name of names) await create(world, 'pods', pod(name, { spec: { nodeName: 'n1' } }));
  await world.client.of(namespaces).delete('team');
  await world.until(pods, (all: Pod[]) => all.every(({ metadata }) => metadata.deletionTimestamp !== undefined));
  for (const name of names) await world.client.of(pods).delete(name, { namespace: 'team', gracePeriodSeconds: 0 });
  await isGone(world);
  assert.equal((await world.client.of(pods).list()).items.length, 0);
});

for (const method of ['DELETE', 'GET'] as const) {
  test(`a ${method} of content that is refused is said in the conditions and tried again until it is not`, async () => {
    await using world = await startWorld();
    await world.client.of(namespaces).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
    await create(world, 'configmaps', configMap('a'));
    let isRefusing = true;
    const client = new Client(async (request) => {
      const isMeant = request.method === method && request.path === `${TEAM}/configmaps` && !request.query.has('watch');
      if (!isRefusing || !isMeant) return world.transport(request);
      const object = new StatusError('Forbidden', 'configmaps are kept today').toStatus();
      return { status: 403, headers: {}, body: { kind: 'object', object } };
    });
    await world.run(new NamespaceController(client, { env: world.env, registry: builtinKinds() }));
    await world.client.of(namespaces).delete('team');
    await untilCondition(
      world,
      'NamespaceDeletionContentFailure',
      (message) => message === 'Failed to delete all resource types, 1 remaining: configmaps are kept today',
    );
    await world.clock.advance(20_000);
    assert.deepEqual((await world.client.of(namespaces).get('team')).spec?.finalizers, ['kubernetes']);
    isRefusing = false;
    await world.clock.advance(60_000);
    await isGone(world);
  });
}
