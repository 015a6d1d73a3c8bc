import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMap, pod, startTestServer, type TestServer } from '../apiserver.fixture.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';

/** A pod that runs on a node, so that it terminates gracefully. */
async function createBound(server: TestServer, name: string, spec: object = {}): Promise<void> {
  const answer = await server.ask(`POST ${PODS}`, { body: pod(name, { spec: { nodeName: 'n1', ...spec } }) });
  assert.equal(answer.status, 201, answer.text);
}

test('an object that nothing holds is gone at once; the answer has the revision of the deletion', async () => {
  await using server = await startTestServer();
  await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('a') });
  const answer = await server.ask(`DELETE ${CONFIG_MAPS}/a`);
  assert.equal(answer.status, 200);
  assert.equal(answer.object.metadata.resourceVersion, String(server.durable.revision));
  const again = await server.ask(`DELETE ${CONFIG_MAPS}/a`);
  assert.equal(again.status, 404);
  assert.equal(again.object.message, 'configmaps "a" not found');
});

test('a pod on a node keeps its grace period; a later delete may shorten it, never lengthen it', async () => {
  await using server = await startTestServer();
  await createBound(server, 'p', { terminationGracePeriodSeconds: 45 });
  const first = await server.ask(`DELETE ${PODS}/p`);
  assert.equal(first.object.metadata.deletionGracePeriodSeconds, 45);
  assert.equal(first.object.metadata.deletionTimestamp, '2026-01-01T00:00:45Z');
  await server.clock.advance(5_000);
  const longer = await server.ask(`DELETE ${PODS}/p?gracePeriodSeconds=100`);
  assert.deepEqual(longer.object.metadata, first.object.metadata);
  const shorter = await server.ask(`DELETE ${PODS}/p`, {
    body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 10 },
  });
  assert.equal(shorter.object.metadata.deletionGracePeriodSeconds, 10);
  assert.equal(shorter.object.metadata.deletionTimestamp, '2026-01-01T00:00:10Z');
  assert.equal((await server.ask(`GET ${PODS}/p`)).status, 200);
  await server.ask(`DELETE ${PODS}/p?gracePeriodSeconds=0`);
  assert.equal((await server.ask(`GET ${PODS}/p`)).status, 404);
});

test('finalizers hold an object, and the propagation policy becomes one', async () => {
  await using server = await startTestServer();
  for (const [name, policy, finalizers] of [
    ['f', 'Foreground', ['a.b/c', 'foregroundDeletion']],
    ['o', 'Orphan', ['a.b/c', 'orphan']],
    ['b', 'Background', ['a.b/c']],
  ] as const) {
    await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap(name, { metadata: { finalizers: ['a.b/c'] } }) });
    const answer = await server.ask(`DELETE ${CONFIG_MAPS}/${name}?propagationPolicy=${policy}`);
    assert.deepEqual(answer.object.metadata.finalizers, finalizers);
    assert.equal(answer.object.metadata.deletionGracePeriodSeconds, 0);
    assert.equal(answer.object.metadata.deletionTimestamp, '2026-01-01T00:00:00Z');
  }
  const wrong = await server.ask(`DELETE ${CONFIG_MAPS}/f?propagationPolicy=Sideways`);
  assert.equal(wrong.status, 422);
});

test('preconditions must hold', async () => {
  await using server = await startTestServer();
  await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('a') });
  const body = (preconditions: object) => ({ body: { preconditions } });
  const uid = await server.ask(`DELETE ${CONFIG_MAPS}/a`, body({ uid: 'other' }));
  assert.equal(uid.status, 409);
  const version = await server.ask(`DELETE ${CONFIG_MAPS}/a`, body({ resourceVersion: '1' }));
  assert.equal(version.status, 409);
  assert.equal((await server.ask(`GET ${CONFIG_MAPS}/a`)).status, 200);
});

test('a dry run deletes nothing', async () => {
  await using server = await startTestServer();
  await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap('a') });
  assert.equal((await server.ask(`DELETE ${CONFIG_MAPS}/a?dryRun=All`)).status, 200);
  assert.equal((await server.ask(`GET ${CONFIG_MAPS}/a`)).status, 200);
});

test('a collection is deleted as far as it is selected', async () => {
  await using server = await startTestServer();
  for (const name of ['a', 'b', 'c']) {
    await server.ask(`POST ${CONFIG_MAPS}`, {
      body: configMap(name, { labels: { keep: name === 'b' ? 'yes' : 'no' } }),
    });
  }
  const answer = await server.ask(`DELETE ${CONFIG_MAPS}?labelSelector=keep%3Dno`);
  assert.equal(answer.object.items.length, 2);
  const left = await server.ask(`GET ${CONFIG_MAPS}`);
  assert.deepEqual(
    left.object.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['b'],
  );
});

test('a namespace stays Terminating until it is finalized, and the first ones can not be deleted', async () => {
  await using server = await startTestServer();
  await server.ask('POST /api/v1/namespaces', { body: { metadata: { name: 'team' } } });
  const deleting = await server.ask('DELETE /api/v1/namespaces/team');
  assert.equal(deleting.object.status.phase, 'Terminating');
  const kept = { ...deleting.object, spec: {} };
  await server.ask('PUT /api/v1/namespaces/team', { body: kept });
  assert.equal((await server.ask('GET /api/v1/namespaces/team')).status, 200);
  const done = await server.ask('PUT /api/v1/namespaces/team/finalize', {
    body: { ...deleting.object, spec: { finalizers: [] }, metadata: { name: 'team' } },
  });
  assert.equal(done.status, 200, done.text);
  assert.equal((await server.ask('GET /api/v1/namespaces/team')).status, 404);
  const refused = await server.ask('DELETE /api/v1/namespaces/default');
  assert.equal(refused.status, 403);
  assert.equal(refused.object.message, 'namespaces "default" is forbidden: this namespace may not be deleted');
});
