import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podNetworkSuite } from '../src/network/podnetwork.suite.ts';
import { SimPodNetwork } from './podnetwork.ts';
import { type ClientEnd, SimConnection } from './sockets.ts';

const PORT = 80;
const silent: ClientEnd = { onReset() {}, onAnswer() {} };

podNetworkSuite('simulated', async () => {
  const network = new SimPodNetwork('10.244.1.0/24');
  return {
    network,
    async queueConnections(uid, clients) {
      const sockets = network.pod(uid)?.sockets;
      assert.ok(sockets);
      sockets.listen({ port: PORT, queue: [], backlog: 128, onWaiting: () => {} });
      for (let client = 0; client < clients; client++) {
        const connection: unknown = sockets.syn(PORT, silent);
        assert.ok(connection instanceof SimConnection);
        sockets.ack(PORT, connection);
      }
    },
    async [Symbol.asyncDispose]() {},
  };
});

test('a listener that closes resets what it had not accepted, and nothing else', async () => {
  const network = new SimPodNetwork('10.244.1.0/24');
  await network.add('a');
  const sockets = network.pod('a')?.sockets;
  assert.ok(sockets);
  const resets: string[] = [];
  const connect = (name: string): SimConnection => {
    const client: ClientEnd = { onReset: () => resets.push(name), onAnswer() {} };
    const connection = sockets.syn(PORT, client);
    assert.ok(connection instanceof SimConnection);
    return connection;
  };
  sockets.listen({ port: PORT, queue: [], backlog: 128, onWaiting: () => {} });
  sockets.ack(PORT, connect('accepted'));
  sockets.accept(PORT);
  sockets.ack(PORT, connect('queued'));
  const late = connect('half-open');
  sockets.closeListener(PORT);
  assert.deepEqual(resets, ['queued']);
  sockets.ack(PORT, late);
  assert.deepEqual(resets, ['queued', 'half-open']);
  assert.equal(sockets.syn(PORT, silent), 'refused');
  assert.deepEqual(sockets.sample(), {
    passiveOpens: 2,
    acceptQueue: 0,
    halfOpen: 0,
    listenDrops: 0,
    established: 1,
  });
});

test('a full accept queue drops the next SYN and counts it', () => {
  const network = new SimPodNetwork('10.244.1.0/24');
  return network.add('a').then(() => {
    const sockets = network.pod('a')?.sockets;
    assert.ok(sockets);
    sockets.listen({ port: PORT, queue: [], backlog: 1, onWaiting: () => {} });
    const first = sockets.syn(PORT, silent);
    assert.ok(typeof first === 'object');
    sockets.ack(PORT, first);
    assert.equal(sockets.syn(PORT, silent), 'dropped');
    assert.equal(sockets.sample().listenDrops, 1);
  });
});
