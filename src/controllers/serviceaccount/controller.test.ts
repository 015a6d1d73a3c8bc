import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namespaces, serviceAccounts } from '../../api/resources.ts';
import { startWorld, type World } from '../garbagecollector/world.fixture.ts';
import { ServiceAccountController } from './controller.ts';

const defaults = (world: World, count: number) =>
  world.until(serviceAccounts, (accounts) => accounts.length === count).then((all) => all.map(whereabouts).sort());
const whereabouts = ({ metadata }: { metadata: { namespace?: string; name: string } }) =>
  `${metadata.namespace}/${metadata.name}`;
const FIRST = ['default/default', 'kube-node-lease/default', 'kube-public/default', 'kube-system/default'];

test('every namespace has its default account, new ones included', async () => {
  await using world = await startWorld();
  await world.run(new ServiceAccountController(world.client, { env: world.env }));
  assert.deepEqual(await defaults(world, 4), FIRST);
  await world.client.of(namespaces).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  assert.deepEqual(await defaults(world, 5), [...FIRST, 'team/default']);
});

test('a default account that was deleted comes back as a new one', async () => {
  await using world = await startWorld();
  await world.run(new ServiceAccountController(world.client, { env: world.env }));
  await defaults(world, 4);
  const before = await world.client.of(serviceAccounts).get('default', { namespace: 'default' });
  await world.client.of(serviceAccounts).delete('default', { namespace: 'default' });
  const after = await world.until(serviceAccounts, (accounts) =>
    accounts.some(({ metadata }) => metadata.namespace === 'default' && metadata.uid !== before.metadata.uid),
  );
  assert.deepEqual(after.map(whereabouts).sort(), FIRST);
});

test('a namespace that is being deleted gets no account, and others go on to get theirs', async () => {
  await using world = await startWorld();
  const make = (name: string) =>
    world.client.of(namespaces).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await make('leaving');
  await world.client.of(namespaces).delete('leaving');
  await world.run(new ServiceAccountController(world.client, { env: world.env }));
  await defaults(world, 4);
  await make('team');
  assert.deepEqual(await defaults(world, 5), [...FIRST, 'team/default']);
});
