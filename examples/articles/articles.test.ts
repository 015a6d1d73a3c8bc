import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, textOf } from '../app.fixture.ts';

const APP = new URL('./apps/app.js', import.meta.url);

test('the app answers with its version, and is not ready any more after its hook was called', async () => {
  await using app = await App.start(APP, { args: ['2.0'], env: { HOSTNAME: 'app-1' } });
  assert.deepEqual(await app.get('/'), { status: 200, pod: 'app-1', body: { version: '2.0', pod: 'app-1' } });
  assert.equal((await app.get('/ready')).status, 200);
  assert.equal((await app.get('/shutdown')).status, 200);
  assert.equal((await app.get('/ready')).status, 503);
  assert.equal((await app.get('/')).status, 200, 'it still serves');
});

for (const signal of ['SIGTERM', 'SIGQUIT'] as const) {
  test(`at ${signal} the app closes its listener, finishes what it has accepted and exits with 0`, async () => {
    await using app = await App.start(APP, { env: { HOSTNAME: 'app-1' } });
    const slow = await app.begin('GET', '/?ms=700');
    app.signal(signal);
    await app.refuses();
    assert.deepEqual(JSON.parse(await textOf(slow)), { version: '1.0', pod: 'app-1' });
    assert.equal(await app.exit(), 0);
  });
}
