import assert from 'node:assert/strict';
import { test } from 'node:test';
import { below, seededRandom } from '../../base/random.ts';
import { configMap, startTestServer } from '../apiserver.fixture.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';

test('watches of one value of a field see what a watch of everything sees of it, in the same order', async () => {
  await using server = await startTestServer();
  const random = seededRandom(5);
  const names = ['a', 'b', 'c', 'd'];
  const broad = await server.watch(`${CONFIG_MAPS}?watch=1`);
  const narrow = await Promise.all(
    names.map((name) => server.watch(`${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3D${name}`)),
  );
  const other = await server.watch(`${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name!%3Da`);
  for (let step = 0; step < 80; step++) {
    const name = names[below(random, names.length)] as string;
    const known = await server.ask(`GET ${CONFIG_MAPS}/${name}`);
    if (known.status === 404) await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap(name) });
    else if (below(random, 3) === 0) await server.ask(`DELETE ${CONFIG_MAPS}/${name}`);
    else await server.ask(`PUT ${CONFIG_MAPS}/${name}`, { body: configMap(name, { data: { step: String(step) } }) });
  }
  assert.equal(broad.story.length, 80);
  for (const [index, name] of names.entries()) {
    assert.deepEqual(
      narrow[index]?.story,
      broad.story.filter((line) => line.endsWith(` ${name}`)),
    );
  }
  assert.deepEqual(
    other.story,
    broad.story.filter((line) => !line.endsWith(' a')),
  );
});

test('an object that changes its value leaves one watch and comes to another, as one change', async () => {
  await using server = await startTestServer();
  const unbound = await server.watch(`${PODS}?watch=1&fieldSelector=spec.nodeName%3D`);
  const bound = await server.watch(`${PODS}?watch=1&fieldSelector=spec.nodeName%3Dnode-1`);
  const elsewhere = await server.watch(`${PODS}?watch=1&fieldSelector=spec.nodeName%3Dnode-2`);
  const spec = { containers: [{ name: 'main', image: 'app' }] };
  const created = await server.ask(`POST ${PODS}`, { body: { metadata: { name: 'web' }, spec } });
  assert.equal(created.status, 201, created.text);
  const target = { kind: 'Node', name: 'node-1' };
  const binding = await server.ask(`POST ${PODS}/web/binding`, { body: { metadata: { name: 'web' }, target } });
  assert.equal(binding.status, 201, binding.text);
  assert.deepEqual(unbound.story, ['ADDED web', 'DELETED web']);
  assert.deepEqual(bound.story, ['ADDED web']);
  assert.deepEqual(elsewhere.story, []);
  assert.equal(unbound.revisions.at(-1), bound.revisions.at(-1));
});

test('a watch that was closed is told nothing, and those of the same value go on', async () => {
  await using server = await startTestServer();
  const path = `${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Da`;
  const [first, second] = [await server.watch(path), await server.watch(path)];
  first.close();
  await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('a') });
  assert.deepEqual([first.story, second.story], [[], ['ADDED a']]);
  second.close();
  assert.equal(server.clock.pending, 0);
});
