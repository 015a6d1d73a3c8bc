import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMap, startTestServer, type TestServer } from '../apiserver.fixture.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const MERGE = { 'content-type': 'application/merge-patch+json' };

function patch(server: TestServer, body: unknown, type = 'application/merge-patch+json', query = '') {
  return server.ask(`PATCH ${CONFIG_MAPS}/a${query}`, { body, headers: { 'content-type': type } });
}

test('each kind of patch changes the newest state', async () => {
  await using server = await startTestServer();
  await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('a', { data: { x: '1', y: '2' } }) });
  assert.deepEqual((await patch(server, { data: { x: null, z: '3' } })).object.data, { y: '2', z: '3' });
  const json = await patch(server, [{ op: 'add', path: '/data/w', value: '4' }], 'application/json-patch+json');
  assert.deepEqual(json.object.data, { y: '2', z: '3', w: '4' });
  const strategic = await patch(
    server,
    { metadata: { finalizers: ['a.b/c'] } },
    'application/strategic-merge-patch+json',
  );
  assert.deepEqual(strategic.object.metadata.finalizers, ['a.b/c']);
});

test('patches that meet each other are all applied', async () => {
  await using server = await startTestServer();
  await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('a') });
  const keys = ['k0', 'k1', 'k2', 'k3', 'k4'];
  const answers = await Promise.all(keys.map((key) => patch(server, { data: { [key]: 'v' } })));
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200, 200, 200, 200, 200],
  );
  const read = await server.ask(`GET ${CONFIG_MAPS}/a`);
  assert.deepEqual(Object.keys(read.object.data).sort(), keys);
});

test('a patch that says a resourceVersion holds for that state only', async () => {
  await using server = await startTestServer();
  const { object } = await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('a') });
  const { resourceVersion } = object.metadata;
  const body = { metadata: { resourceVersion }, data: { a: '1' } };
  assert.equal((await patch(server, body)).status, 200);
  const second = await patch(server, { ...body, data: { a: '2' } });
  assert.equal(second.status, 409);
  assert.equal(second.object.reason, 'Conflict');
});

test('server-side apply and unknown patch types are refused with what is served', async () => {
  await using server = await startTestServer();
  await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('a') });
  const apply = await patch(server, {}, 'application/apply-patch+yaml');
  assert.equal(apply.status, 415);
  assert.match(
    apply.object.message,
    /^Cannot apply the patch: application\/apply-patch\+yaml is not served, need one of/,
  );
  assert.equal((await patch(server, {}, 'application/json')).status, 415);
});

test('what a patch makes is checked like what a client sends', async () => {
  await using server = await startTestServer();
  await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('a') });
  const strict = await patch(server, { foo: 1 }, MERGE['content-type'], '?fieldValidation=Strict');
  assert.equal(strict.status, 400);
  assert.match(strict.object.message, /strict decoding error: unknown field "foo"/);
  const renamed = await patch(server, { metadata: { name: 'b' } });
  assert.equal(renamed.status, 400);
  const wrong = await patch(server, { data: ['x'] });
  assert.equal(wrong.status, 400);
  const broken = await server.ask(`PATCH ${CONFIG_MAPS}/a`, { bytes: '{', headers: MERGE });
  assert.equal(broken.status, 400);
});

test('a dry run of a patch changes nothing', async () => {
  await using server = await startTestServer();
  const { object } = await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('a') });
  const answer = await patch(server, { data: { a: '1' } }, MERGE['content-type'], '?dryRun=All');
  assert.deepEqual(answer.object.data, { a: '1' });
  assert.deepEqual((await server.ask(`GET ${CONFIG_MAPS}/a`)).object, object);
});
