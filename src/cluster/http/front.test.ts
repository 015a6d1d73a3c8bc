import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { ApiRequest, ApiResponse, Handle, WatchSink, WatchStream } from '../../api/request.ts';
import { silentLog } from '../../base/log.ts';
import { systemClock, systemRandom } from '../../base/system.ts';
import { createAuthority, issueClient, issueServer, type KeyPair } from '../pki.ts';
import { type HttpsFront, startHttpsFront } from './https.ts';
import { AddressInUseError } from './listen.ts';
import { startUnixFront } from './unix.ts';

const env = { clock: systemClock, random: systemRandom, log: silentLog };

/** Answers with what was asked, so that tests see what came through. */
const echo: Handle = async (request) => {
  const { method, path, user, body } = request;
  const text = body && !('object' in body) ? new TextDecoder().decode(body) : undefined;
  const object = {
    method,
    path,
    query: request.query.toString(),
    user,
    body: text,
    type: request.headers['content-type'],
  };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'object', object } };
};

interface Tls extends AsyncDisposable {
  readonly front: HttpsFront;
  readonly authorityPem: string;
  readonly client: KeyPair;
}

async function startTls(handle: Handle): Promise<Tls> {
  const nowMs = Date.now();
  const authority = await createAuthority({ commonName: 'ca', nowMs });
  const client = await issueClient(authority, { commonName: 'ann', organizations: ['dev', 'ops'], nowMs });
  const server = await issueServer(authority, { commonName: 'segue', nowMs });
  const front = await startHttpsFront({
    handle,
    env,
    host: '127.0.0.1',
    port: 0,
    ...server,
    clientAuthorityPem: authority.certificatePem,
  });
  return { front, authorityPem: authority.certificatePem, client, [Symbol.asyncDispose]: () => front.close() };
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
}

interface Send {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

function viaHttps(tls: Tls, send: Send & { client?: KeyPair | undefined }): Promise<Reply> {
  const { client } = send;
  const identity = client ? { cert: client.certificatePem, key: client.keyPem } : {};
  const where = { host: '127.0.0.1', port: tls.front.port, ca: tls.authorityPem, agent: false as const, ...identity };
  return collect(send, (options) => httpsRequest({ ...where, ...options }));
}

function viaUnix(socketPath: string, send: Send): Promise<Reply> {
  return collect(send, (options) => httpRequest({ socketPath, agent: false, ...options }));
}

async function collect(
  { method = 'GET', path = '/x', headers = {}, body }: Send,
  start: (options: { method: string; path: string; headers: Record<string, string> }) => ReturnType<typeof httpRequest>,
): Promise<Reply> {
  const request = start({ method, path, headers });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  // A server that refuses early closes the connection while the body is still being sent.
  request.on('error', () => {});
  request.end(body);
  const [response] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) };
}

function openHttp2(tls: Tls): ClientHttp2Session {
  const { certificatePem: cert, keyPem: key } = tls.client;
  return connect(`https://127.0.0.1:${tls.front.port}`, { ca: tls.authorityPem, cert, key });
}

async function viaHttp2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string,
): Promise<{ status: unknown; text: string }> {
  const stream = session.request(headers);
  stream.end(body);
  const [answer] = (await once(stream, 'response')) as [{ ':status'?: number }];
  let text = '';
  for await (const chunk of stream) text += chunk;
  return { status: answer[':status'], text };
}

/** A watch that the test feeds. */
class Feed implements WatchStream {
  readonly #started = Promise.withResolvers<WatchSink>();
  readonly #closed = Promise.withResolvers<void>();
  readonly started = this.#started.promise;
  readonly closed = this.#closed.promise;

  start(sink: WatchSink): void {
    this.#started.resolve(sink);
  }

  close(): void {
    this.#closed.resolve();
  }

  readonly handle: Handle = async (): Promise<ApiResponse> => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { kind: 'watch', stream: this },
  });
}

function event(text: string) {
  return { event: { type: 'ADDED', object: {} } as const, line: `${text}\n` };
}

test('a request comes through HTTP/1.1 and HTTP/2 alike, with the user of its certificate', async () => {
  await using tls = await startTls(echo);
  const user = { name: 'ann', groups: ['dev', 'ops', 'system:authenticated'] };
  const headers = { 'content-type': 'application/json' };
  const send = { method: 'POST', path: '/a%20b/c?d=e&f', headers, body: '{"g":1}', client: tls.client };
  const one = JSON.parse((await viaHttps(tls, send)).bytes.toString());
  const session = openHttp2(tls);
  const pseudo = { ':method': 'POST', ':path': send.path, ...headers };
  const two = JSON.parse((await viaHttp2(session, pseudo, send.body)).text);
  session.close();
  assert.deepEqual(one, {
    method: 'POST',
    path: '/a%20b/c',
    query: 'd=e&f=',
    user,
    body: '{"g":1}',
    type: 'application/json',
  });
  assert.deepEqual(two, one);
});

test('without a certificate of our authority everything but health and version is 401', async () => {
  await using tls = await startTls(echo);
  const stranger = await issueClient(await createAuthority({ commonName: 'other', nowMs: Date.now() }), {
    commonName: 'ann',
    nowMs: Date.now(),
  });
  for (const client of [undefined, stranger]) {
    const refused = await viaHttps(tls, { path: '/api/v1/pods', client });
    assert.equal(refused.status, 401);
    assert.equal(JSON.parse(refused.bytes.toString()).reason, 'Unauthorized');
    const open = await viaHttps(tls, { path: '/readyz', client });
    assert.equal(JSON.parse(open.bytes.toString()).user.name, 'system:anonymous');
  }
});

test('a body that is too large is refused, whether or not its size is announced', async () => {
  await using tls = await startTls(echo);
  const body = Buffer.alloc(3 * 1024 * 1024 + 1, 'x');
  const session = openHttp2(tls);
  for (const announced of [{}, { 'content-length': body.byteLength }]) {
    const stream = session.request({ ':method': 'POST', ':path': '/x', ...announced });
    stream.end(body);
    const [answer] = (await once(stream, 'response')) as [{ ':status'?: number }];
    assert.equal(answer[':status'], 413);
    let text = '';
    for await (const chunk of stream) text += chunk;
    assert.equal(JSON.parse(text).reason, 'RequestEntityTooLarge');
  }
  session.destroy();
  const one = await viaHttps(tls, { method: 'POST', client: tls.client, body });
  assert.equal(one.status, 413);
  const chunked = { 'transfer-encoding': 'chunked' };
  const two = await viaHttps(tls, { method: 'POST', client: tls.client, headers: chunked, body });
  assert.equal(two.status, 413);
});

test('a large body is compressed for who accepts it, and HEAD has none', async () => {
  const object = { text: 'x'.repeat(200_000) };
  await using tls = await startTls(async () => ({ status: 200, headers: {}, body: { kind: 'object', object } }));
  const headers = { 'accept-encoding': 'gzip' };
  const zipped = await viaHttps(tls, { client: tls.client, headers });
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.deepEqual(JSON.parse(gunzipSync(zipped.bytes).toString()), object);
  const plain = await viaHttps(tls, { client: tls.client, headers: { 'accept-encoding': 'gzip;q=0' } });
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.deepEqual(JSON.parse(plain.bytes.toString()), object);
  const head = await viaHttps(tls, { client: tls.client, method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.bytes.byteLength, 0);
});

test('events of a watch are there as they happen, and the client that leaves closes the stream', async () => {
  for (const version of [1, 2] as const) {
    const feed = new Feed();
    await using tls = await startTls(feed.handle);
    const session = openHttp2(tls);
    const stream = version === 2 ? session.request({ ':path': '/watch' }) : await startHttps1(tls);
    const sink = await feed.started;
    assert.equal(sink.onEvents([event('one'), event('two')]), true);
    const [first] = (await once(stream, 'data')) as [Buffer];
    assert.equal(first.toString(), 'one\ntwo\n');
    sink.onEvents([event('three')]);
    sink.onEvents([event('four')]);
    let rest = '';
    while (!rest.includes('four')) rest += String(((await once(stream, 'data')) as [Buffer])[0]);
    assert.equal(rest, 'three\nfour\n');
    stream.destroy();
    await feed.closed;
    session.close();
  }
});

async function startHttps1(tls: Tls): Promise<IncomingMessage> {
  const { certificatePem: cert, keyPem: key } = tls.client;
  const request = httpsRequest({
    host: '127.0.0.1',
    port: tls.front.port,
    ca: tls.authorityPem,
    cert,
    key,
    agent: false,
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

test('a client that breaks its stream with an error disturbs nobody', async () => {
  const feed = new Feed();
  await using tls = await startTls(feed.handle);
  const session = openHttp2(tls);
  const stream = session.request({ ':path': '/watch' });
  stream.on('error', () => {});
  const sink = await feed.started;
  stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  await feed.closed;
  sink.onEvents([event('nobody hears this')]);
  const { status } = await viaHttp2(session, { ':path': '/x', ':method': 'HEAD' });
  assert.equal(status, 200);
  session.close();
});

test('a stream of bytes is passed on as it comes', async () => {
  async function* lines() {
    yield new TextEncoder().encode('a\n');
    yield new TextEncoder().encode('b\n');
  }
  await using tls = await startTls(async () => ({
    status: 200,
    headers: {},
    body: { kind: 'bytes', stream: lines() },
  }));
  assert.equal((await viaHttps(tls, { client: tls.client })).bytes.toString(), 'a\nb\n');
});

test('closing ends requests that wait and streams that are open, and nothing listens any more', async () => {
  const feed = new Feed();
  const tls = await startTls(feed.handle);
  const session = openHttp2(tls);
  const stream = session.request({ ':path': '/watch' });
  stream.on('error', () => {});
  session.on('error', () => {});
  await feed.started;
  await tls.front.close();
  await feed.closed;
  await assert.rejects(viaHttps(tls, { client: tls.client }), { code: 'ECONNREFUSED' });
});

test('a port in use is named in the error', async () => {
  await using tls = await startTls(echo);
  const { port } = tls.front;
  const nowMs = Date.now();
  const authority = await createAuthority({ commonName: 'ca', nowMs });
  const server = await issueServer(authority, { commonName: 'segue', nowMs });
  const again = startHttpsFront({
    handle: echo,
    env,
    host: '127.0.0.1',
    port,
    ...server,
    clientAuthorityPem: authority.certificatePem,
  });
  await assert.rejects(again, new AddressInUseError(`127.0.0.1:${port}`));
});

test('a unix socket is for its owner, has one user, and replaces one that nobody listens on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'segue-unix-'));
  const path = join(folder, 'api.sock');
  const user = { name: 'system:node:n1', groups: ['system:nodes'] };
  const front = await startUnixFront({ handle: echo, env, path, user });
  try {
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const seen: ApiRequest = JSON.parse((await viaUnix(path, { path: '/api' })).bytes.toString());
    assert.deepEqual(seen.user, user);
    await assert.rejects(startUnixFront({ handle: echo, env, path, user }), AddressInUseError);
  } finally {
    await front.close();
    await rm(folder, { recursive: true });
  }
});

test('an error of the server itself is a Status with code 500', async () => {
  await using tls = await startTls(async () => {
    throw new Error('broken');
  });
  const answer = await viaHttps(tls, { client: tls.client });
  assert.equal(answer.status, 500);
  assert.equal(JSON.parse(answer.bytes.toString()).reason, 'InternalError');
});
