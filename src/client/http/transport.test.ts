import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { configMaps } from '../../api/resources.ts';
import type { ConfigMap } from '../../api/types/core.ts';
import { startTestServer, type TestServer } from '../../apiserver/apiserver.fixture.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import type { Env } from '../../base/env.ts';
import { silentLog } from '../../base/log.ts';
import { systemClock, systemRandom } from '../../base/system.ts';
import { startUnixFront } from '../../cluster/http/unix.ts';
import { Client } from '../client.ts';
import { Informer } from '../informer.ts';
import { httpTransport } from './transport.ts';

const env: Env = { clock: systemClock, random: systemRandom, log: silentLog };
const namespace = 'default';

interface Served extends AsyncDisposable {
  readonly server: TestServer;
  readonly client: Client;
  /** Closes the front and opens another on the same socket. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A real API server on a unix socket, and a client of it. */
async function serve(): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'segue-transport-'));
  const socketPath = join(folder, 'api.sock');
  const server = await startTestServer();
  const open = () =>
    startUnixFront({ handle: server.handle, env, path: socketPath, user: { name: 'test', groups: [] } });
  let front = await open();
  const { transport, close } = httpTransport({ origin: 'http://segue', socketPath });
  return {
    server,
    client: new Client(transport),
    stop: () => front.close(),
    async restart() {
      await front.close();
      front = await open();
    },
    async [Symbol.asyncDispose]() {
      await close();
      await front.close();
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function draft(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { text: 'ä\n€' } };
}

test('objects come back as they were sent, and refusals as status errors with their reason', async () => {
  await using served = await serve();
  const maps = served.client.of(configMaps);
  const made = await maps.create(draft('a'));
  assert.deepEqual((await maps.get('a', { namespace })).data, { text: 'ä\n€' });
  assert.equal((await maps.list({ namespace })).items[0]?.metadata.uid, made.metadata.uid);
  await assert.rejects(maps.get('none', { namespace }), { name: 'StatusError', reason: 'NotFound' });
  await assert.rejects(maps.create(draft('a')), { name: 'StatusError', reason: 'AlreadyExists' });
  await assert.rejects(maps.update({ ...made, metadata: { ...made.metadata, resourceVersion: '1' } }), {
    name: 'StatusError',
    reason: 'Conflict',
  });
});

test('a server that is not there rejects with a transport error', async () => {
  await using served = await serve();
  await served.stop();
  await assert.rejects(served.client.of(configMaps).list({ namespace }), { name: 'TransportError' });
});

test('a request that is given up rejects', async () => {
  await using served = await serve();
  const given = AbortSignal.abort(new Error('given up'));
  await assert.rejects(served.client.of(configMaps).list({ namespace }, given), { name: 'TransportError' });
});

test('an informer follows over the socket, goes on after the server was away, and stops', async () => {
  await using served = await serve();
  const maps = served.client.of(configMaps);
  await maps.create(draft('a'));
  const informer = new Informer<ConfigMap>(served.client, configMaps, { env, namespace });
  const seen = new Map<string, Deferred<void>>();
  const told = (name: string) => {
    const known = seen.get(name) ?? deferred();
    seen.set(name, known);
    return known;
  };
  informer.onChange(({ key, object }) => told(`${object ? 'there' : 'gone'} ${key}`).resolve()).start();
  await informer.synced;
  await told('there default/a').promise;
  await maps.create(draft('b'));
  await told('there default/b').promise;
  await served.restart();
  await served.client.of(configMaps).delete('a', { namespace });
  await told('gone default/a').promise;
  assert.deepEqual(
    informer.list().map(({ metadata }) => metadata.name),
    ['b'],
  );
  await informer.stop();
});
