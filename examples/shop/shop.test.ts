import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { App, textOf } from '../app.fixture.ts';

const file = (name: string) => new URL(`./apps/${name}.js`, import.meta.url);
const local = (name: 'API' | 'DB', port: number) => ({
  [`${name}_SERVICE_HOST`]: '127.0.0.1',
  [`${name}_SERVICE_PORT`]: String(port),
});

test('the front asks the API, the API asks the database, and answers say who gave them', async () => {
  await using db = await App.start(file('db'));
  await using api = await App.start(file('api'), { env: { ...local('DB', db.port), POD_NAME: 'api-1', VERSION: '3' } });
  await using web = await App.start(file('web'), { env: { ...local('API', api.port), POD_NAME: 'web-1' } });
  const home = await web.get('/');
  assert.deepEqual([home.status, home.pod, home.body], [200, 'web-1', { version: '1', pod: 'web-1', shop: 'open' }]);
  const { body } = await web.get('/products');
  assert.deepEqual(body['api'], {
    version: '3',
    pod: 'api-1',
    products: ['product:tea', 'product:coffee', 'product:cup'],
  });
  assert.equal((await web.begin('POST', '/orders?id=7')).statusCode, 201);
  assert.equal(((await web.get('/report?ms=1')).body['api'] as { orders: number }).orders, 1);
  assert.equal((await web.get('/nothing')).status, 404);
});

test('the API is ready only while the database answers, and finds a new one by itself', async () => {
  const first = await App.start(file('db'));
  await using api = await App.start(file('api'), { env: local('DB', first.port) });
  assert.equal((await api.get('/readyz')).status, 200);
  first.signal('SIGTERM');
  assert.equal(await first.exit(), 0, 'the database closes the connection that the API keeps open');
  assert.equal((await api.get('/readyz')).status, 503);
  assert.equal((await api.get('/healthz')).status, 200, 'not ready is not unhealthy');
  await using second = await App.start(file('db'), { env: { PORT: String(first.port) } });
  assert.equal(second.port, first.port);
  assert.equal((await api.get('/readyz')).status, 200);
});

test('the front says 502 when the API is not there', async () => {
  await using web = await App.start(file('web'), { env: local('API', 1) });
  const { status, body } = await web.get('/products');
  assert.equal(status, 502);
  assert.match(String(body['error']), /Cannot ask the API/);
});

test('at SIGTERM an app closes its listener, finishes what it has accepted and exits with 0', async () => {
  await using db = await App.start(file('db'));
  await using api = await App.start(file('api'), { env: local('DB', db.port) });
  const slow = await api.begin('GET', '/report?ms=700');
  api.signal('SIGTERM');
  await api.refuses();
  assert.deepEqual(JSON.parse(await textOf(slow)), { version: '1', pod: 'local', orders: 0 });
  assert.equal(await api.exit(), 0);
});

test('a connection that was accepted before SIGTERM may still send its request', async () => {
  await using web = await App.start(file('web'));
  const socket = connect(web.port, '127.0.0.1');
  await once(socket, 'connect');
  // An answer on a later connection shows that the earlier one was accepted.
  await web.get('/healthz');
  web.signal('SIGTERM');
  await web.refuses();
  socket.write('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
  const [line] = (await once(createInterface({ input: socket }), 'line')) as [string];
  assert.equal(line, 'HTTP/1.1 200 OK');
  assert.equal(await web.exit(), 0);
});
