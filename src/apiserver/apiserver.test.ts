import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../base/fakeclock.ts';
import type { Log } from '../base/log.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { MemoryStore } from '../store/memory/memorystore.ts';
import { configMap, startTestServer } from './apiserver.fixture.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

test('a server begins with the namespaces of every cluster, and makes them once', async () => {
  await using first = await startTestServer();
  const { object } = await first.ask('GET /api/v1/namespaces');
  const names = object.items.map((item: { metadata: { name: string } }) => item.metadata.name);
  assert.deepEqual(names, ['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  const revision = first.durable.revision;
  await using second = await startTestServer({ stores: { durable: first.durable, memory: first.memory } });
  assert.equal((await second.ask('GET /api/v1/namespaces/default')).status, 200);
  assert.equal(first.durable.revision, revision);
});

test('paths that name nothing, methods that are not served and broken queries are refused with a Status', async () => {
  await using server = await startTestServer();
  const missing = await server.ask('GET /apis/example.com/v1/widgets');
  assert.equal(missing.status, 404);
  assert.equal(missing.object.kind, 'Status');
  assert.equal(missing.object.message, 'the server could not find the requested resource');
  for (const path of [
    '/nothing',
    '/apis/apps/v9',
    '/apis/none',
    '/api/v1/pods/x',
    '/api/v1/namespaces//pods',
    '/api/v1/namespaces/default/pods//log',
    '/api/v1/namespaces/a/nodes/n',
    '/api/v1/namespaces/a/pods/p/log/more',
  ]) {
    assert.equal((await server.ask(`GET ${path}`)).status, 404, path);
  }
  const method = await server.ask('PUT /api/v1/namespaces/default/pods', { body: {} });
  assert.equal(method.status, 405);
  assert.equal(method.object.reason, 'MethodNotAllowed');
  assert.equal((await server.ask('DELETE /api/v1/pods')).status, 405);
  assert.equal((await server.ask('POST /version')).status, 405);
  assert.equal((await server.ask('GET /api/v1/pods?limit=many')).status, 400);
  assert.equal((await server.ask('GET /api/v1/pods?watch=maybe')).status, 400);
  assert.equal((await server.ask('GET /api/v1/namespaces/%ff/pods')).status, 400);
});

test('discovery names every group, version, resource and subresource', async () => {
  await using server = await startTestServer();
  assert.deepEqual((await server.ask('GET /api')).object.versions, ['v1']);
  const groups = (await server.ask('GET /apis')).object.groups.map((group: { name: string }) => group.name);
  assert.ok(groups.includes('apps') && groups.includes('segue.dev'));
  assert.equal((await server.ask('GET /apis/apps')).object.preferredVersion.groupVersion, 'apps/v1');
  const { resources } = (await server.ask('GET /apis/apps/v1')).object;
  const scale = resources.find((resource: { name: string }) => resource.name === 'deployments/scale');
  assert.deepEqual([scale.group, scale.kind, scale.verbs], ['autoscaling', 'Scale', ['get', 'patch', 'update']]);
  const core = (await server.ask('GET /api/v1')).object.resources;
  assert.ok(core.some((resource: { name: string }) => resource.name === 'pods/binding'));
});

test('aggregated discovery is given to who asks for it', async () => {
  await using server = await startTestServer();
  const answer = await server.ask('GET /apis', { headers: { accept: AGGREGATED } });
  assert.equal(answer.headers['content-type'], 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
  const apps = answer.object.items.find((item: { metadata: { name: string } }) => item.metadata.name === 'apps');
  const deployments = apps.versions[0].resources.find((one: { resource: string }) => one.resource === 'deployments');
  assert.equal(deployments.scope, 'Namespaced');
  assert.deepEqual(deployments.responseKind, { group: 'apps', version: 'v1', kind: 'Deployment' });
  const core = await server.ask('GET /api', { headers: { accept: AGGREGATED } });
  assert.equal(core.object.items[0].versions[0].version, 'v1');
});

test('version, health and schemas are answered', async () => {
  await using server = await startTestServer();
  const { object } = await server.ask('GET /version');
  assert.deepEqual([object.gitVersion, object.major, object.minor], ['v1.35.0+segue', '1', '35']);
  assert.equal((await server.ask('GET /healthz')).text, 'ok');
  assert.match(
    (await server.ask('GET /readyz?verbose')).text,
    /^\[\+\]ping ok\n\[\+\]store ok\nreadyz check passed\n$/,
  );
  const index = (await server.ask('GET /openapi/v3')).object.paths;
  assert.match(index['apis/apps/v1'].serverRelativeURL, /^\/openapi\/v3\/apis\/apps\/v1\?hash=/);
  const document = await server.ask('GET /openapi/v3/apis/apps/v1');
  assert.ok(document.object.components.schemas['io.k8s.api.apps.v1.Deployment']);
  assert.equal((await server.ask('GET /openapi/v3/apis/none/v1')).status, 404);
});

test('an error that nobody expected is logged, and told to the client as InternalError', async () => {
  const logged: string[] = [];
  const log: Log = { ...silentLog, error: (message) => logged.push(message) };
  class BrokenStore extends MemoryStore {
    broken = false;
    override async put(...args: Parameters<MemoryStore['put']>): ReturnType<MemoryStore['put']> {
      if (this.broken) throw new Error('the disk is on fire');
      return super.put(...args);
    }
  }
  const durable = new BrokenStore();
  await using server = await startTestServer({
    env: { clock: new FakeClock(), random: seededRandom(1), log },
    stores: { durable, memory: new MemoryStore() },
  });
  durable.broken = true;
  const answer = await server.ask('POST /api/v1/namespaces/default/configmaps', { body: configMap('a') });
  assert.equal(answer.status, 500);
  assert.equal(answer.object.reason, 'InternalError');
  assert.equal(answer.object.message, 'Internal error occurred: the disk is on fire');
  assert.deepEqual(logged, ['a request failed unexpectedly']);
});
