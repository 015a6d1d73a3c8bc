import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMap, pod, startTestServer, type TestServer } from '../apiserver.fixture.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

async function createAll(server: TestServer, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const labels = { app: name < 'c' ? 'early' : 'late' };
    await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap(name, { labels }) });
  }
}

function namesOf(answer: { object: { items: { metadata: { name: string } }[] } }): string[] {
  return answer.object.items.map((item) => item.metadata.name);
}

test('a list is of one kind and one namespace, or of all, at the newest revision', async () => {
  await using server = await startTestServer();
  await createAll(server, ['b', 'a']);
  await server.ask('POST /api/v1/namespaces/kube-system/configmaps', { body: configMap('other') });
  const one = await server.ask(`GET ${CONFIG_MAPS}`);
  assert.equal(one.object.kind, 'ConfigMapList');
  assert.equal(one.object.apiVersion, 'v1');
  assert.equal(one.object.metadata.resourceVersion, String(server.durable.revision));
  assert.deepEqual(namesOf(one), ['a', 'b']);
  assert.deepEqual(namesOf(await server.ask('GET /api/v1/configmaps')), ['a', 'b', 'other']);
});

test('pages go through one revision, whatever is written meanwhile', async () => {
  await using server = await startTestServer();
  await createAll(server, ['a', 'b', 'c', 'd', 'e']);
  const first = await server.ask(`GET ${CONFIG_MAPS}?limit=2`);
  assert.deepEqual(namesOf(first), ['a', 'b']);
  assert.equal(first.object.metadata.remainingItemCount, 3);
  await server.ask(`DELETE ${CONFIG_MAPS}/c`);
  await createAll(server, ['cc']);
  const next = `continue=${first.object.metadata.continue}`;
  const second = await server.ask(`GET ${CONFIG_MAPS}?limit=2&${next}`);
  assert.deepEqual(namesOf(second), ['c', 'd']);
  assert.equal(second.object.metadata.resourceVersion, first.object.metadata.resourceVersion);
  const third = await server.ask(`GET ${CONFIG_MAPS}?limit=2&continue=${second.object.metadata.continue}`);
  assert.deepEqual(namesOf(third), ['e']);
  assert.equal(third.object.metadata.continue, undefined);
  await server.durable.compact(server.durable.revision);
  const late = await server.ask(`GET ${CONFIG_MAPS}?limit=2&${next}`);
  assert.equal(late.status, 410);
  assert.equal(late.object.reason, 'Expired');
});

test('pages with a selector hold as many selected objects as asked for', async () => {
  await using server = await startTestServer();
  await createAll(server, ['a', 'c', 'b', 'd', 'e']);
  const first = await server.ask(`GET ${CONFIG_MAPS}?limit=2&labelSelector=app%3Dlate`);
  assert.deepEqual(namesOf(first), ['c', 'd']);
  assert.equal(first.object.metadata.remainingItemCount, undefined);
  const rest = `limit=2&labelSelector=app%3Dlate&continue=${first.object.metadata.continue}`;
  assert.deepEqual(namesOf(await server.ask(`GET ${CONFIG_MAPS}?${rest}`)), ['e']);
});

test('labels and fields select, and fields that a kind lacks are refused', async () => {
  await using server = await startTestServer();
  await createAll(server, ['a', 'c']);
  await server.ask('POST /api/v1/namespaces/default/pods', { body: pod('bound', { spec: { nodeName: 'n1' } }) });
  await server.ask('POST /api/v1/namespaces/default/pods', { body: pod('free') });
  const select = async (query: string) => namesOf(await server.ask(`GET ${query}`));
  assert.deepEqual(await select(`${CONFIG_MAPS}?labelSelector=app+in+(early)`), ['a']);
  assert.deepEqual(await select(`${CONFIG_MAPS}?fieldSelector=metadata.name%3Dc`), ['c']);
  assert.deepEqual(await select(`${CONFIG_MAPS}?fieldSelector=metadata.name!%3Dc`), ['a']);
  assert.deepEqual(await select('/api/v1/pods?fieldSelector=spec.nodeName%3Dn1'), ['bound']);
  assert.deepEqual(await select('/api/v1/pods?fieldSelector=spec.nodeName%3D'), ['free']);
  const refused = await server.ask('GET /api/v1/pods?fieldSelector=spec.color%3Dred');
  assert.equal(refused.status, 400);
  assert.equal(refused.object.message, 'field label not supported: spec.color');
  assert.equal((await server.ask('GET /api/v1/pods?labelSelector=a+in+(')).status, 400);
});

test('a revision is listed exactly, or at least, or refused when it is forgotten or not reached', async () => {
  await using server = await startTestServer();
  await createAll(server, ['a']);
  const then = server.durable.revision;
  await createAll(server, ['b']);
  const exact = `GET ${CONFIG_MAPS}?resourceVersion=${then}&resourceVersionMatch=Exact`;
  assert.deepEqual(namesOf(await server.ask(exact)), ['a']);
  const atLeast = `GET ${CONFIG_MAPS}?resourceVersion=${then}&resourceVersionMatch=NotOlderThan`;
  assert.deepEqual(namesOf(await server.ask(atLeast)), ['a', 'b']);
  assert.deepEqual(namesOf(await server.ask(`GET ${CONFIG_MAPS}?resourceVersion=0`)), ['a', 'b']);
  const future = await server.ask(`GET ${CONFIG_MAPS}?resourceVersion=${then + 100}`);
  assert.equal(future.status, 504);
  assert.equal(future.object.details.causes[0].reason, 'ResourceVersionTooLarge');
  await server.durable.compact(server.durable.revision);
  assert.equal((await server.ask(exact)).status, 410);
  const orphanRule = await server.ask(`GET ${CONFIG_MAPS}?resourceVersionMatch=Exact`);
  assert.equal(orphanRule.status, 422);
  assert.equal((await server.ask(`GET ${CONFIG_MAPS}?continue=nonsense`)).status, 400);
});

test('a table has the columns of its kind and a row for each object, with as much of it as asked for', async () => {
  await using server = await startTestServer();
  await createAll(server, ['a']);
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
  const table = await server.ask(`GET ${CONFIG_MAPS}`, { headers: { accept } });
  assert.equal(table.object.kind, 'Table');
  assert.equal(table.object.metadata.resourceVersion, String(server.durable.revision));
  assert.equal(table.object.columnDefinitions[0].name, 'Name');
  assert.equal(table.object.rows[0].cells[0], 'a');
  assert.equal(table.object.rows[0].cells.length, table.object.columnDefinitions.length);
  assert.equal(table.object.rows[0].object.kind, 'PartialObjectMetadata');
  const whole = await server.ask(`GET ${CONFIG_MAPS}/a?includeObject=Object`, { headers: { accept } });
  assert.equal(whole.object.rows[0].object.kind, 'ConfigMap');
  const none = await server.ask(`GET ${CONFIG_MAPS}?includeObject=None`, { headers: { accept } });
  assert.equal(none.object.rows[0].object, undefined);
});

test('the form of an answer follows the accept header by its order and weights', async () => {
  await using server = await startTestServer();
  await createAll(server, ['a']);
  const ask = (accept: string) => server.ask(`GET ${CONFIG_MAPS}`, { headers: { accept } });
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  assert.equal((await ask(`application/json;q=0.9,${table}`)).object.kind, 'Table');
  assert.equal((await ask(`${table};q=0.5,application/json`)).object.kind, 'ConfigMapList');
  assert.equal(
    (await ask('application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json')).object.kind,
    'ConfigMapList',
  );
  const partial = await ask('application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io');
  assert.equal(partial.object.kind, 'PartialObjectMetadataList');
  assert.equal(partial.object.items[0].data, undefined);
  assert.equal((await ask('application/vnd.kubernetes.protobuf,*/*')).object.kind, 'ConfigMapList');
  assert.equal((await ask('application/vnd.kubernetes.protobuf')).status, 406);
});
