import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiRequest } from '../../api/request.ts';
import { pod, startTestServer, type TestServer } from '../apiserver.fixture.ts';

const PODS = '/api/v1/namespaces/default/pods';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

async function createDeployment(server: TestServer): Promise<void> {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const spec = { replicas: 2, selector: { matchLabels: { app: 'web' } }, template };
  const answer = await server.ask(`POST ${DEPLOYMENTS}`, { body: { metadata: { name: 'web' }, spec } });
  assert.equal(answer.status, 201, answer.text);
}

test('scale is read, replaced and patched as autoscaling/v1', async () => {
  await using server = await startTestServer();
  await createDeployment(server);
  const read = await server.ask(`GET ${DEPLOYMENTS}/web/scale`);
  assert.equal(read.object.kind, 'Scale');
  assert.deepEqual(read.object.spec, { replicas: 2 });
  assert.equal(read.object.status.selector, 'app=web');
  const put = await server.ask(`PUT ${DEPLOYMENTS}/web/scale`, { body: { ...read.object, spec: { replicas: 4 } } });
  assert.equal(put.object.spec.replicas, 4);
  const stale = await server.ask(`PUT ${DEPLOYMENTS}/web/scale`, { body: { ...read.object, spec: { replicas: 5 } } });
  assert.equal(stale.status, 409);
  const headers = { 'content-type': 'application/merge-patch+json' };
  const patched = await server.ask(`PATCH ${DEPLOYMENTS}/web/scale`, { body: { spec: { replicas: 6 } }, headers });
  assert.equal(patched.object.spec.replicas, 6);
  const deployment = await server.ask(`GET ${DEPLOYMENTS}/web`);
  assert.equal(deployment.object.spec.replicas, 6);
  assert.equal(deployment.object.metadata.generation, 3);
  const negative = await server.ask(`PATCH ${DEPLOYMENTS}/web/scale`, { body: { spec: { replicas: -1 } }, headers });
  assert.equal(negative.status, 422);
  assert.match(negative.object.message, /spec\.replicas: Invalid value: -1/);
});

test('a pod is bound once; a second binding, or one of a deleted pod, conflicts', async () => {
  await using server = await startTestServer();
  await server.ask(`POST ${PODS}`, { body: pod('p') });
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } };
  const [first, second] = await Promise.all([
    server.ask(`POST ${PODS}/p/binding`, { body: binding }),
    server.ask(`POST ${PODS}/p/binding`, { body: { ...binding, target: { name: 'n2' } } }),
  ]);
  assert.equal(first?.status, 201, first?.text);
  assert.equal(first?.object.status, 'Success');
  assert.equal(second?.status, 409);
  assert.match(second?.object.message, /pod p is already assigned to node "n1"/);
  const bound = await server.ask(`GET ${PODS}/p`);
  assert.equal(bound.object.spec.nodeName, 'n1');
  const scheduled = bound.object.status.conditions.find(
    (condition: { type: string }) => condition.type === 'PodScheduled',
  );
  assert.equal(scheduled.status, 'True');
  const nowhere = await server.ask(`POST ${PODS}/p/binding`, { body: { ...binding, target: {} } });
  assert.equal(nowhere.status, 422);
});

test('a log is asked of the kubelet of the pod, for the container that is meant', async () => {
  const asked: ApiRequest[] = [];
  await using server = await startTestServer({
    kubelets: (nodeName) => (nodeName === 'n1' ? kubelet : undefined),
  });
  async function kubelet(request: ApiRequest) {
    asked.push(request);
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: { kind: 'text', text: 'hello\n' } } as const;
  }
  const two = {
    containers: [
      { name: 'a', image: 'i' },
      { name: 'b', image: 'i' },
    ],
  };
  await server.ask(`POST ${PODS}`, { body: pod('one', { spec: { nodeName: 'n1' } }) });
  await server.ask(`POST ${PODS}`, { body: pod('two', { spec: { ...two, nodeName: 'n1' } }) });
  await server.ask(`POST ${PODS}`, { body: pod('free') });
  await server.ask(`POST ${PODS}`, { body: pod('away', { spec: { nodeName: 'n2' } }) });
  assert.equal((await server.ask(`GET ${PODS}/one/log?follow=true&tailLines=5`)).text, 'hello\n');
  assert.equal(asked[0]?.path, '/containerLogs/default/one/main');
  assert.equal(asked[0]?.query.toString(), 'follow=true&tailLines=5');
  await server.ask(`GET ${PODS}/two/log?container=b`);
  assert.equal(asked[1]?.path, '/containerLogs/default/two/b');
  const unsaid = await server.ask(`GET ${PODS}/two/log`);
  assert.equal(unsaid.status, 400);
  assert.equal(unsaid.object.message, 'a container name must be specified for pod two, choose one of: [a b]');
  const wrong = await server.ask(`GET ${PODS}/two/log?container=c`);
  assert.equal(wrong.object.message, 'container c is not valid for pod two');
  assert.equal((await server.ask(`GET ${PODS}/free/log`)).object.message, 'pod free does not have a host assigned');
  assert.equal((await server.ask(`GET ${PODS}/away/log`)).status, 503);
});

test('a subresource that a kind lacks is not found, and a method that it lacks is not allowed', async () => {
  await using server = await startTestServer();
  await createDeployment(server);
  await server.ask(`POST ${PODS}`, { body: pod('p') });
  assert.equal((await server.ask(`GET ${PODS}/p/scale`)).status, 404);
  assert.equal((await server.ask(`GET ${DEPLOYMENTS}/web/log`)).status, 404);
  assert.equal((await server.ask(`POST ${DEPLOYMENTS}/web/status`, { body: {} })).status, 405);
  assert.equal((await server.ask(`GET ${DEPLOYMENTS}/web/status`)).object.metadata.name, 'web');
});
