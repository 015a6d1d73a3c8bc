import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, configMap, pod, startTestServer, type TestServer } from '../apiserver.fixture.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

const DEPLOYMENT = {
  metadata: { name: 'web' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
};

async function created(server: TestServer, path: string, body: unknown): Promise<Answer['object']> {
  const answer = await server.ask(`POST ${path}`, { body });
  assert.equal(answer.status, 201, answer.text);
  return answer.object;
}

test('an update on the state that was read succeeds once; on an older state it conflicts', async () => {
  await using server = await startTestServer();
  const read = await created(server, CONFIG_MAPS, configMap('a'));
  const updates = ['1', '2'].map((k) => server.ask(`PUT ${CONFIG_MAPS}/a`, { body: { ...read, data: { k } } }));
  const answers = await Promise.all(updates);
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409]);
  const refused = answers.find((answer) => answer.status === 409);
  assert.equal(
    refused?.object.message,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  );
});

test('an update without a resourceVersion always holds, also against others', async () => {
  await using server = await startTestServer();
  await created(server, CONFIG_MAPS, configMap('a'));
  const updates = Array.from({ length: 10 }, (_, index) =>
    server.ask(`PUT ${CONFIG_MAPS}/a`, { body: configMap('a', { data: { k: String(index) } }) }),
  );
  assert.ok((await Promise.all(updates)).every((answer) => answer.status === 200));
});

test('what only the server may say does not change, and nothing is written when nothing changed', async () => {
  await using server = await startTestServer();
  const read = await created(server, CONFIG_MAPS, configMap('a'));
  const forged = {
    ...read.metadata,
    creationTimestamp: '1999-01-01T00:00:00Z',
    deletionTimestamp: '1999-01-01T00:00:00Z',
  };
  const before = server.durable.revision;
  const same = await server.ask(`PUT ${CONFIG_MAPS}/a`, { body: { ...read, metadata: forged } });
  assert.deepEqual(same.object, read);
  assert.equal(server.durable.revision, before);
  const other = await server.ask(`PUT ${CONFIG_MAPS}/a`, {
    body: { ...read, metadata: { ...read.metadata, uid: 'x' } },
  });
  assert.equal(other.status, 409);
  assert.match(other.object.message, /UID in precondition: x/);
});

test('an absent object is not created by an update, and the name must be that of the path', async () => {
  await using server = await startTestServer();
  assert.equal((await server.ask(`PUT ${CONFIG_MAPS}/no`, { body: configMap('no') })).status, 404);
  const answer = await server.ask(`PUT ${CONFIG_MAPS}/no`, { body: configMap('yes') });
  assert.equal(answer.status, 400);
  assert.equal(answer.object.message, 'the name of the object (yes) does not match the name on the URL (no)');
});

test('status is written by its subresource only, and generation counts changes of spec only', async () => {
  await using server = await startTestServer();
  const read = await created(server, DEPLOYMENTS, DEPLOYMENT);
  assert.equal(read.metadata.generation, 1);
  const status = { replicas: 3 };
  const main = await server.ask(`PUT ${DEPLOYMENTS}/web`, {
    body: { ...read, status, spec: { ...read.spec, replicas: 2 } },
  });
  assert.equal(main.object.status?.replicas, undefined);
  assert.equal(main.object.spec.replicas, 2);
  assert.equal(main.object.metadata.generation, 2);
  const sub = await server.ask(`PUT ${DEPLOYMENTS}/web/status`, {
    body: { ...main.object, status, spec: { ...read.spec, replicas: 9 } },
  });
  assert.equal(sub.object.status.replicas, 3);
  assert.equal(sub.object.spec.replicas, 2);
  assert.equal(sub.object.metadata.generation, 2);
});

test('removing the last finalizer of an object that is being deleted removes it', async () => {
  await using server = await startTestServer();
  const read = await created(server, CONFIG_MAPS, configMap('held', { metadata: { finalizers: ['a.b/c'] } }));
  const watch = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${read.metadata.resourceVersion}`);
  const deleting = await server.ask(`DELETE ${CONFIG_MAPS}/held`);
  assert.ok(deleting.object.metadata.deletionTimestamp);
  const more = { ...deleting.object, metadata: { ...deleting.object.metadata, finalizers: ['a.b/c', 'd.e/f'] } };
  const refused = await server.ask(`PUT ${CONFIG_MAPS}/held`, { body: more });
  assert.equal(refused.status, 422);
  assert.match(refused.object.message, /no new finalizers can be added if the object is being deleted/);
  const none = { ...deleting.object, metadata: { ...deleting.object.metadata, finalizers: [] } };
  assert.equal((await server.ask(`PUT ${CONFIG_MAPS}/held`, { body: none })).status, 200);
  assert.equal((await server.ask(`GET ${CONFIG_MAPS}/held`)).status, 404);
  assert.deepEqual(watch.story, ['MODIFIED held', 'DELETED held']);
});

test('a virtual kind is served by the same code and never touches the disk', async () => {
  await using server = await startTestServer();
  const before = server.durable.revision;
  const consumers = '/apis/segue.dev/v1/endpointconsumers';
  const spec = { component: 'proxy', role: 'Consumer', leaseDurationSeconds: 10 };
  const read = await created(server, consumers, { metadata: { name: 'n1.proxy' }, spec });
  assert.equal(read.metadata.resourceVersion, String(server.memory.revision));
  const watch = await server.watch(`${consumers}?watch=1&resourceVersion=${read.metadata.resourceVersion}`);
  const status = { observedResourceVersion: '7' };
  await server.ask(`PUT ${consumers}/n1.proxy/status`, { body: { ...read, status } });
  assert.deepEqual(watch.story, ['MODIFIED n1.proxy']);
  assert.equal(server.durable.revision, before);
});

test('a pod that is invalid is refused with the path of each field', async () => {
  await using server = await startTestServer();
  const pods = '/api/v1/namespaces/default/pods';
  const read = await created(server, pods, pod('p'));
  const answer = await server.ask(`PUT ${pods}/p`, {
    body: { ...read, metadata: { ...read.metadata, labels: { 'a b': 'c' } } },
  });
  assert.equal(answer.status, 422);
  assert.equal(answer.object.details.causes[0].field, 'metadata.labels');
});
