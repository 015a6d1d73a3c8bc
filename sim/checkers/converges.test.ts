import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../src/api/resources.ts';
import type { Pod } from '../../src/api/types/core.ts';
import { story } from '../scenarios/scenario.ts';
import { World } from '../world.ts';
import { missing, orphans } from './converges.ts';
import { durable } from './durable.ts';

async function settled(): Promise<World> {
  const world = new World(1, story({}));
  await world.boot();
  await world.time.until(() => missing(world), { boundMs: 60_000, everyMs: 50 });
  return world;
}

test('a world that is what was declared lacks nothing, and one that lost a pod says what it lacks', async () => {
  const world = await settled();
  assert.equal(missing(world), undefined);
  assert.deepEqual(orphans(world), []);
  const [pod] = world.truth.list<Pod>('/registry/core/pods/default/web-');
  const { name, namespace } = (pod as Pod).metadata;
  await world.settle(world.user.of(pods).delete(name, { namespace }));
  assert.match(missing(world) ?? '', /^pod web-\S+ is gone$/);
});

test('Converges is broken by rules that lead elsewhere, by a node that is off and by a server that is down', async () => {
  const world = await settled();
  const { dataPlane, kubelet } = world.nodes[0]!;
  const before = dataPlane.endpointsOf('default/web').length;
  dataPlane.replace(new Map([['default/web', []]]));
  assert.ok(before > 0);
  assert.match(missing(world) ?? '', /^the rules of node-1 lead web to /);
  kubelet.kill();
  assert.equal(missing(world), 'node-1.kubelet is running');
  world.crashApiServer();
  assert.equal(missing(world), 'the API server is up');
});

test('NoOrphan and OneOwner are broken by what nobody declared', async () => {
  const world = await settled();
  const made = world.user.of(pods).create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'stray', namespace: 'default' },
    spec: { containers: [{ name: 'app', image: 'app' }] },
  });
  await world.settle(made);
  await world.time.advance(500);
  await world.nodes[0]!.podNetwork.add('nobody');
  world.nodes[0]!.files.pods.add('nobody');
  const found = orphans(world).map(({ guarantee, what }) => `${guarantee}: ${what}`);
  assert.deepEqual(found, [
    'OneOwner: Pod stray has 0 controllers',
    'NoOrphan: node-1 has a network of pod nobody, which is gone',
    'NoOrphan: node-1 has files of pod nobody, which is gone',
  ]);
});

test('Durable is broken by a store that comes back without what it had acknowledged', async () => {
  const world = await settled();
  const store = world.server.durable;
  assert.ok(store);
  assert.deepEqual(world.truth.differences(store), []);
  const lost = { ...store, list: () => ({ entries: [], revision: 0, remaining: 0 }) };
  const what = world.truth.differences(lost);
  assert.ok(
    what.some((text) =>
      /^\/registry\/apps\/deployments\/default\/web was acknowledged at \d+ and is at no revision now$/.test(text),
    ),
  );
  assert.equal(durable({ forgotten: what.map((text) => ({ at: 1, what: text })) })[0]?.guarantee, 'Durable');
});
