import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podNetworkSuite } from '../podnetwork.suite.ts';
import { FakePodNetwork } from './podnetwork.ts';

podNetworkSuite('fake', async () => {
  const network = new FakePodNetwork();
  return {
    network,
    async queueConnections(uid, clients) {
      for (let client = 0; client < clients; client++) network.queueConnection(uid);
    },
    async [Symbol.asyncDispose]() {},
  };
});

test('accepted connections leave the queue and stay established until they end', async () => {
  const network = new FakePodNetwork();
  await network.add('a');
  network.queueConnection('a');
  network.acceptConnections('a');
  assert.deepEqual(network.sample('a'), {
    passiveOpens: 1,
    acceptQueue: 0,
    halfOpen: 0,
    listenDrops: 0,
    established: 1,
  });
  network.endConnections('a');
  assert.equal(network.sample('a')?.established, 0);
});
