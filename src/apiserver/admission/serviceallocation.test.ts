import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, startTestServer, type TestServer } from '../apiserver.fixture.ts';

const SERVICES = '/api/v1/namespaces/default/services';

function create(server: TestServer, name: string, spec: object): Promise<Answer> {
  return server.ask(`POST ${SERVICES}`, { body: { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } } });
}

test('each Service gets an address of its own, and gives it back', async () => {
  await using server = await startTestServer({ serviceCIDR: '10.96.0.0/29' });
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const ips = new Set<string>();
  for (const name of names) {
    const { object } = await create(server, name, {});
    assert.match(object.spec.clusterIP, /^10\.96\.0\.[1-6]$/);
    assert.deepEqual(object.spec.clusterIPs, [object.spec.clusterIP]);
    ips.add(object.spec.clusterIP);
  }
  assert.equal(ips.size, names.length);
  const full = await create(server, 'g', {});
  assert.equal(full.status, 500);
  assert.match(full.object.message, /range 10\.96\.0\.0\/29 is full/);
  const { object } = await server.ask(`DELETE ${SERVICES}/c`);
  assert.equal((await create(server, 'g', {})).object.spec.clusterIP, object.spec.clusterIP);
});

test('an address that is asked for must be free and of the range; a headless Service has none', async () => {
  await using server = await startTestServer();
  assert.equal((await create(server, 'dns', { clusterIP: '10.96.0.10' })).object.spec.clusterIP, '10.96.0.10');
  const taken = await create(server, 'again', { clusterIP: '10.96.0.10' });
  assert.equal(taken.status, 422);
  assert.equal(
    taken.object.message,
    'Service "again" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
  );
  const outside = await create(server, 'outside', { clusterIP: '10.97.0.10' });
  assert.match(outside.object.message, /is not in the valid range. The range of valid IPs is 10\.96\.0\.0\/24$/);
  assert.equal((await create(server, 'headless', { clusterIP: 'None' })).object.spec.clusterIP, 'None');
});

test('node ports are drawn from the range or asked for, and told when they are taken', async () => {
  await using server = await startTestServer();
  const drawn = await create(server, 'drawn', { type: 'NodePort' });
  const port = drawn.object.spec.ports[0].nodePort;
  assert.ok(port >= 30000 && port <= 30100);
  const ports = (nodePort: number) => ({ type: 'NodePort', ports: [{ port: 80, nodePort }] });
  const taken = await create(server, 'taken', ports(port));
  assert.equal(taken.status, 422);
  assert.equal(
    taken.object.message,
    `Service "taken" is invalid: spec.ports[0].nodePort: Invalid value: ${port}: provided port is already allocated`,
  );
  const outside = await create(server, 'outside', ports(80));
  assert.match(outside.object.message, /The range of valid ports is 30000-30100$/);
  await server.ask(`DELETE ${SERVICES}/drawn`);
  assert.equal((await create(server, 'taken', ports(port))).status, 201);
});

test('an update keeps what was assigned, and a change of type gives ports back', async () => {
  await using server = await startTestServer();
  const { object } = await create(server, 'web', { type: 'NodePort' });
  const port = object.spec.ports[0].nodePort;
  const same = await server.ask(`PUT ${SERVICES}/web`, {
    body: { metadata: { name: 'web', labels: { a: 'b' } }, spec: { type: 'NodePort', ports: [{ port: 80 }] } },
  });
  assert.equal(same.object.spec.clusterIP, object.spec.clusterIP);
  assert.equal(same.object.spec.ports[0].nodePort, port);
  const plain = await server.ask(`PUT ${SERVICES}/web`, {
    body: { metadata: { name: 'web' }, spec: { type: 'ClusterIP', ports: [{ port: 80 }] } },
  });
  assert.equal(plain.status, 200, plain.text);
  assert.equal(plain.object.spec.ports[0].nodePort, undefined);
  const other = await create(server, 'other', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] });
  assert.equal(other.status, 201, other.text);
});

test('what a refused or dry creation set aside is given back', async () => {
  await using server = await startTestServer();
  const spec = { type: 'NodePort', clusterIP: '10.96.0.20', ports: [{ port: 80, nodePort: 30050 }] };
  await create(server, 'holder', { type: 'NodePort', ports: [{ port: 80, nodePort: 30050 }] });
  assert.equal((await create(server, 'a', spec)).status, 422);
  await server.ask(`DELETE ${SERVICES}/holder`);
  const body = { metadata: { name: 'a' }, spec };
  assert.equal((await server.ask(`POST ${SERVICES}?dryRun=All`, { body })).status, 201);
  assert.equal((await server.ask(`POST ${SERVICES}`, { body })).status, 201);
  assert.equal((await server.ask(`POST ${SERVICES}`, { body })).object.reason, 'AlreadyExists');
});

test('a server that starts on a store knows what is taken in it', async () => {
  await using first = await startTestServer();
  const spec = { type: 'NodePort', clusterIP: '10.96.0.20', ports: [{ port: 80, nodePort: 30050 }] };
  await create(first, 'web', spec);
  await using second = await startTestServer({
    durable: first.durable,
    stores: { durable: first.durable, memory: first.memory },
  });
  assert.equal((await create(second, 'ip', { clusterIP: '10.96.0.20' })).status, 422);
  assert.equal((await create(second, 'port', { type: 'NodePort', ports: spec.ports })).status, 422);
});
