import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../base/fakeclock.ts';
import { silentLog } from '../../base/log.ts';
import { configMap, pod, startTestServer } from '../apiserver.fixture.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';

test('a created object has what only the server knows, and is read back the same', async () => {
  await using server = await startTestServer();
  const created = await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('a', { data: { k: 'v' } }) });
  assert.equal(created.status, 201);
  const { uid, resourceVersion, creationTimestamp, namespace } = created.object.metadata;
  assert.match(uid, /^[0-9a-f]{8}-/);
  assert.equal(Number(resourceVersion), server.durable.revision);
  assert.equal(creationTimestamp, '2026-01-01T00:00:00Z');
  assert.equal(namespace, 'default');
  const read = await server.ask(`GET ${CONFIG_MAPS}/a`);
  assert.deepEqual(read.object, created.object);
});

test('a generated name is drawn, and a name that is taken is refused', async () => {
  await using server = await startTestServer();
  const body = configMap('', { metadata: { generateName: 'job-' } });
  const first = await server.ask(`POST ${CONFIG_MAPS}`, { body });
  const second = await server.ask(`POST ${CONFIG_MAPS}`, { body });
  assert.match(first.object.metadata.name, /^job-[a-z0-9]{5}$/);
  assert.notEqual(first.object.metadata.name, second.object.metadata.name);
  const again = await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap(first.object.metadata.name) });
  assert.equal(again.status, 409);
  assert.equal(again.object.reason, 'AlreadyExists');
  assert.equal(again.object.message, `configmaps "${first.object.metadata.name}" already exists`);
});

test('a drawn name that is taken is drawn again', async () => {
  const drawn = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5];
  const random = { next: () => drawn.shift() ?? 0.9, uuid: () => 'u' };
  await using server = await startTestServer({ env: { clock: new FakeClock(), random, log: silentLog } });
  const body = configMap('', { metadata: { generateName: 'job-' } });
  const first = await server.ask(`POST ${CONFIG_MAPS}`, { body });
  const second = await server.ask(`POST ${CONFIG_MAPS}`, { body });
  assert.equal(first.object.metadata.name, 'job-bbbbb');
  assert.equal(second.status, 201, second.text);
  assert.notEqual(second.object.metadata.name, 'job-bbbbb');
});

test('of many creations of one name exactly one succeeds', async () => {
  await using server = await startTestServer();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('one') })),
  );
  assert.equal(answers.filter((answer) => answer.status === 201).length, 1);
  assert.equal(answers.filter((answer) => answer.object.reason === 'AlreadyExists').length, 19);
});

test('a dry run answers as the creation would and stores nothing', async () => {
  await using server = await startTestServer();
  const before = server.durable.revision;
  const answer = await server.ask(`POST ${PODS}?dryRun=All`, { body: pod('dry') });
  assert.equal(answer.status, 201);
  assert.equal(answer.object.spec.restartPolicy, 'Always');
  assert.equal(server.durable.revision, before);
  assert.equal((await server.ask(`POST ${PODS}?dryRun=Some`, { body: pod('dry') })).status, 422);
});

test('an unknown field is refused, warned of or dropped, as the client asks', async () => {
  await using server = await startTestServer();
  const body = pod('p', { spec: { foo: 1 } });
  const strict = await server.ask(`POST ${PODS}?fieldValidation=Strict`, { body });
  assert.equal(strict.status, 400);
  assert.match(strict.object.message, /strict decoding error: unknown field "spec.foo"$/);
  const warned = await server.ask(`POST ${PODS}?fieldValidation=Warn`, { body });
  assert.equal(warned.headers['warning'], '299 - "unknown field \\"spec.foo\\""');
  assert.equal(warned.object.spec.foo, undefined);
  const ignored = await server.ask(`POST ${PODS}?fieldValidation=Ignore`, { body: pod('q', { spec: { foo: 1 } }) });
  assert.equal(ignored.status, 201);
  assert.equal(ignored.headers['warning'], undefined);
});

test('the namespace of the path counts: it is filled in, and another one is refused', async () => {
  await using server = await startTestServer();
  const body = configMap('a', { metadata: { namespace: 'kube-system' } });
  const answer = await server.ask(`POST ${CONFIG_MAPS}`, { body });
  assert.equal(answer.status, 400);
  assert.equal(
    answer.object.message,
    'the namespace of the provided object does not match the namespace sent on the request',
  );
});

test('nothing is created in a namespace that is absent or being deleted', async () => {
  await using server = await startTestServer();
  const absent = await server.ask('POST /api/v1/namespaces/nowhere/configmaps', { body: configMap('a') });
  assert.equal(absent.status, 404);
  assert.equal(absent.object.message, 'namespaces "nowhere" not found');
  await server.ask('POST /api/v1/namespaces', { body: { metadata: { name: 'gone' } } });
  await server.ask('DELETE /api/v1/namespaces/gone');
  const refused = await server.ask('POST /api/v1/namespaces/gone/configmaps', { body: configMap('a') });
  assert.equal(refused.status, 403);
  assert.equal(refused.object.details.causes[0].reason, 'NamespaceTerminating');
  assert.equal(
    refused.object.message,
    'configmaps "a" is forbidden: unable to create new content in namespace gone because it is being terminated',
  );
});

test('what a client sends is never changed and never shared', async () => {
  await using server = await startTestServer();
  const body = Object.freeze(configMap('mine', { data: { a: '1' } })) as { data: Record<string, string> };
  await server.ask(`POST ${CONFIG_MAPS}`, { body });
  body.data['a'] = '2';
  assert.equal((await server.ask(`GET ${CONFIG_MAPS}/mine`)).object.data.a, '1');
});

test('wrong types, wrong kinds, missing bodies and broken text are refused with what was expected', async () => {
  await using server = await startTestServer();
  const json = { 'content-type': 'application/json' };
  const yaml = { 'content-type': 'application/yaml' };
  const refusals: [unknown, RegExp][] = [
    [await server.ask(`POST ${PODS}`, { body: pod('p', { spec: { containers: 'x' } }) }), /cannot unmarshal string/],
    [
      await server.ask(`POST ${PODS}`, { body: configMap('p') }),
      /ConfigMap in version "v1" cannot be handled as a Pod/,
    ],
    [
      await server.ask(`POST ${PODS}`, { body: { ...(pod('p') as object), apiVersion: 'v2' } }),
      /API version in the data \(v2\)/,
    ],
    [await server.ask(`POST ${PODS}`), /must be of type Pod/],
    [await server.ask(`POST ${PODS}`, { bytes: '{"a":', headers: json }), /must be valid JSON/],
    [
      await server.ask(`POST ${PODS}`, { bytes: 'a: [1', headers: yaml }),
      /error converting YAML to JSON: yaml: line 1/,
    ],
  ];
  for (const [answer, wanted] of refusals as [{ status: number; object: { message: string } }, RegExp][]) {
    assert.equal(answer.status, 400);
    assert.match(answer.object.message, wanted);
  }
  const large = await server.ask(`POST ${PODS}`, { bytes: new Uint8Array(3 * 1024 * 1024 + 1), headers: json });
  assert.equal(large.status, 413);
  const odd = await server.ask(`POST ${PODS}`, { bytes: '<a/>', headers: { 'content-type': 'text/xml' } });
  assert.equal(odd.status, 415);
});

test('YAML bodies are read, and YAML is answered when it is asked for', async () => {
  await using server = await startTestServer();
  const bytes = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\ndata: {k: "1"}\n';
  const headers = { 'content-type': 'application/yaml', accept: 'application/yaml' };
  const answer = await server.ask(`POST ${CONFIG_MAPS}`, { bytes, headers });
  assert.equal(answer.status, 201);
  assert.match(answer.text, /^ {2}k: "1"$/m);
  const refused = await server.ask(`GET ${CONFIG_MAPS}/y`, {
    headers: { accept: 'application/vnd.kubernetes.protobuf' },
  });
  assert.equal(refused.status, 406);
});
