import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { deferred } from '../../base/deferred.ts';
import { systemClock } from '../../base/system.ts';
import type { Outcome } from './outcome.ts';
import type { Sender } from './sender.ts';
import { targetOf } from './target.ts';
import { KeepAliveSender, NewConnectionSender } from './tcpsender.ts';

const HELLO = 'HTTP/1.1 200 OK\r\nX-Pod: a\r\nContent-Length: 5\r\n\r\nhello';

/** A server on loopback that hands every request's text and socket to `onRequest`. */
class RawServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  connections = 0;
  readonly requests: string[] = [];

  constructor(onRequest: (socket: Socket, count: number) => void) {
    this.#server = createServer((socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('data', (bytes) => {
        this.requests.push(bytes.toString('latin1'));
        onRequest(socket, this.requests.length);
      });
    });
  }

  async listen(): Promise<number> {
    const listening = deferred();
    this.#server.listen(0, '127.0.0.1', listening.resolve);
    await listening.promise;
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = deferred();
    this.#server.close(() => closed.resolve());
    for (const socket of this.#sockets) socket.destroy();
    await closed.promise;
  }
}

function senderTo(port: number, connections: 'new' | 'keep-alive'): Sender & Disposable {
  const keepAlive = connections === 'keep-alive';
  const target = targetOf({
    url: new URL(`http://127.0.0.1:${port}/path?q=1`),
    address: '127.0.0.1',
    method: 'GET',
    headers: ['X-Extra: yes'],
    keepAlive,
    endpointHeader: 'X-Pod',
  });
  const sender = keepAlive ? new KeepAliveSender(target) : new NewConnectionSender(target, systemClock);
  return Object.assign(sender, { [Symbol.dispose]: () => sender.close() });
}

function ask(sender: Sender): Promise<Outcome> {
  return new Promise((resolve) => sender.send(resolve));
}

async function outcomeFrom(
  answer: (socket: Socket) => void,
  connections: 'new' | 'keep-alive' = 'new',
): Promise<Outcome> {
  await using server = new RawServer(answer);
  using sender = senderTo(await server.listen(), connections);
  return await ask(sender);
}

function facts(outcome: Outcome): unknown[] {
  return outcome.result === 'lost' ? [outcome.kind, outcome.phase, outcome.errno] : [outcome.result];
}

test('a whole answer is answered, with its status and who gave it', async () => {
  assert.deepEqual(await outcomeFrom((socket) => socket.end(HELLO)), {
    result: 'answered',
    status: 200,
    endpoint: 'a',
  });
});

test('the request says where it goes, what it asks and that the connection will be closed', async () => {
  await using server = new RawServer((socket) => socket.end(HELLO));
  const port = await server.listen();
  using sender = senderTo(port, 'new');
  await ask(sender);
  await ask(sender);
  assert.equal(server.connections, 2);
  assert.match(server.requests[0] ?? '', /^GET \/path\?q=1 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/);
  assert.match(server.requests[0] ?? '', /\r\nConnection: close\r\nX-Extra: yes\r\n\r\n$/);
});

test('a port without listener is refused', async () => {
  const server = new RawServer(() => {});
  const port = await server.listen();
  await server[Symbol.asyncDispose]();
  using sender = senderTo(port, 'new');
  assert.deepEqual(facts(await ask(sender)), ['refused', 'connecting', 'ECONNREFUSED']);
});

test('a reset before a byte of the answer is a reset', async () => {
  assert.deepEqual(facts(await outcomeFrom((socket) => socket.resetAndDestroy())), ['reset', 'sent', 'ECONNRESET']);
});

test('a close in good order before a byte of the answer is a reset too', async () => {
  assert.deepEqual(facts(await outcomeFrom((socket) => socket.end())), ['reset', 'sent', undefined]);
});

test('an answer that ends before its length is cut short, and still says who gave it', async () => {
  const outcome = await outcomeFrom((socket) => socket.end(HELLO.slice(0, -1)));
  assert.deepEqual(facts(outcome), ['cutShort', 'answering', undefined]);
  assert.equal(outcome.result === 'lost' && outcome.endpoint, 'a');
});

test('a reset in the middle of the answer is cut short', async () => {
  const outcome = await outcomeFrom((socket) => socket.write(HELLO.slice(0, -2), () => socket.resetAndDestroy()));
  assert.equal(facts(outcome)[0], 'cutShort');
});

test('a whole answer of 500 or above is a server error', async () => {
  const outcome = await outcomeFrom((socket) => socket.end('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'));
  assert.deepEqual(facts(outcome), ['serverError', 'answered', undefined]);
  assert.equal(outcome.result === 'lost' && outcome.status, 503);
});

test('an answer of 404 is an answer', async () => {
  const outcome = await outcomeFrom((socket) => socket.end('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n'));
  assert.deepEqual(facts(outcome), ['answered']);
});

test('what is not HTTP is a bad answer', async () => {
  assert.deepEqual(facts(await outcomeFrom((socket) => socket.end('+PONG\r\n'))), [
    'badAnswer',
    'answering',
    undefined,
  ]);
});

test('a request that is given up is timed out, with its port, and its connection is closed', async () => {
  const arrived = deferred();
  const left = deferred();
  await using server = new RawServer((socket) => {
    socket.on('close', () => left.resolve());
    arrived.resolve();
  });
  using sender = senderTo(await server.listen(), 'new');
  const outcome = deferred<Outcome>();
  const inFlight = sender.send(outcome.resolve);
  await arrived.promise;
  inFlight.timeOut();
  inFlight.timeOut();
  const lost = await outcome.promise;
  assert.deepEqual(facts(lost), ['timedOut', 'sent', undefined]);
  assert.ok(lost.result === 'lost' && (lost.localPort ?? 0) > 0);
  await left.promise;
});

test('kept-alive connections carry later requests one after the other', async () => {
  await using server = new RawServer((socket) => socket.write(HELLO));
  using sender = senderTo(await server.listen(), 'keep-alive');
  for (let i = 0; i < 5; i++) assert.equal((await ask(sender)).result, 'answered');
  assert.equal(server.connections, 1);
  await Promise.all([ask(sender), ask(sender), ask(sender)]);
  assert.equal(server.connections, 3, 'two more for requests at the same time');
});

test('a connection that the server will close is not used again', async () => {
  await using server = new RawServer((socket) => socket.write(HELLO.replace('X-Pod: a', 'Connection: close')));
  using sender = senderTo(await server.listen(), 'keep-alive');
  await ask(sender);
  await ask(sender);
  assert.equal(server.connections, 2);
});

test('a reused connection that is reset loses the request: nothing is sent twice', async () => {
  await using server = new RawServer((socket, count) => (count === 1 ? socket.write(HELLO) : socket.resetAndDestroy()));
  using sender = senderTo(await server.listen(), 'keep-alive');
  await ask(sender);
  const outcome = await ask(sender);
  assert.deepEqual(facts(outcome), ['reset', 'sent', 'ECONNRESET']);
  assert.equal(outcome.result === 'lost' && outcome.reused, true);
  assert.equal(server.requests.length, 2);
});

test('giving up an answered request does not touch the one that now uses its connection', async () => {
  await using server = new RawServer((socket, count) => (count === 1 ? socket.write(HELLO) : undefined));
  using sender = senderTo(await server.listen(), 'keep-alive');
  const first = deferred<Outcome>();
  const inFlight = sender.send(first.resolve);
  await first.promise;
  const second = deferred<Outcome>();
  const later = sender.send(second.resolve);
  inFlight.timeOut();
  later.timeOut();
  assert.deepEqual(facts(await second.promise)[0], 'timedOut');
});
