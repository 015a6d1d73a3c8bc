import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events, nodes, pods } from '../api/resources.ts';
import { StatusError } from '../api/status.ts';
import type { Node, Pod } from '../api/types/core.ts';
import { startTestServer } from '../apiserver/apiserver.fixture.ts';
import { type Deferred, deferred } from '../base/deferred.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { Informer } from '../client/informer.ts';
import { inProcessTransport, type Transport } from '../client/transport.ts';
import { nodeOf, type PodShort, podOf } from './cluster.fixture.ts';
import { Scheduler } from './scheduler.ts';

const namespace = 'default';

/** An API server with a scheduler, which reaches it through `via`. */
async function begin(via: (transport: Transport) => Transport = (transport) => transport) {
  const server = await startTestServer();
  const transport = inProcessTransport(server.handle, { name: 'test', groups: [] });
  const client = new Client(transport);
  const env = { clock: server.clock, random: seededRandom(1), log: silentLog };
  const scheduler = new Scheduler(new Client(via(transport)), { env });
  const informer = new Informer(client, pods, { env });
  await informer.start().synced;
  return {
    client,
    clock: server.clock,
    scheduler,
    async addNode(node: Node) {
      await client.of(nodes).create({ ...node, metadata: draftMetadata(node) });
      await client.of(nodes).patch(node.metadata.name, { status: node.status }, { subresource: 'status' });
    },
    async addPod(name: string, short: PodShort = {}) {
      const pod = podOf(name, short);
      return client.of(pods).create({ ...pod, metadata: draftMetadata(pod) });
    },
    /** The pod as soon as `holds` of it. */
    until: (name: string, holds: (pod: Pod) => boolean) =>
      new Promise<Pod>((resolve) => {
        informer.onChange(({ object }) => {
          if (object?.metadata.name === name && holds(object)) resolve(object);
        });
      }),
    get: (name: string) => client.of(pods).get(name, { namespace }),
    async messages(reason: string) {
      const { items } = await client.of(events).list({ namespace });
      return items.filter((event) => event.reason === reason).map(({ message }) => message);
    },
    async [Symbol.asyncDispose]() {
      await scheduler.stop();
      await informer.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}

function draftMetadata({ metadata }: Node | Pod) {
  const { name, labels = {} } = metadata;
  return { name, labels, ...(metadata.namespace ? { namespace: metadata.namespace } : {}) };
}

const isBound = ({ spec }: Pod) => spec.nodeName !== undefined;
const scheduledOf = ({ status }: Pod) => status?.conditions?.find(({ type }) => type === 'PodScheduled');
const isRefused = (pod: Pod) => scheduledOf(pod)?.status === 'False';

test('pods from before and after the start get a node, a condition and an event', async () => {
  await using at = await begin();
  await at.addNode(nodeOf('node-1'));
  await at.addPod('early');
  await at.scheduler.start();
  await at.addPod('late');
  for (const name of ['early', 'late']) {
    const pod = await at.until(name, isBound);
    assert.equal(pod.spec.nodeName, 'node-1');
    assert.equal(scheduledOf(pod)?.status, 'True');
  }
  await at.clock.turn();
  assert.deepEqual((await at.messages('Scheduled')).sort(), [
    'Successfully assigned default/early to node-1',
    'Successfully assigned default/late to node-1',
  ]);
});

test('a pod that fits nowhere says why, and is placed once a node comes and its back-off is over', async () => {
  await using at = await begin();
  await at.addNode(nodeOf('small', { cpu: '1' }));
  await at.addNode(nodeOf('tainted', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }));
  await at.scheduler.start();
  await at.addPod('large', { requests: { cpu: '2' } });
  const condition = scheduledOf(await at.until('large', isRefused));
  const message = '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).';
  assert.deepEqual([condition?.reason, condition?.message], ['Unschedulable', message]);
  assert.deepEqual(await at.messages('FailedScheduling'), [message]);
  await at.addNode(nodeOf('big'));
  await at.clock.advance(1_000);
  assert.equal((await at.until('large', isBound)).spec.nodeName, 'big');
});

test('a pod that leaves makes room for one that waits', async () => {
  await using at = await begin();
  await at.addNode(nodeOf('only', { pods: '1' }));
  await at.scheduler.start();
  await at.addPod('first');
  await at.until('first', isBound);
  await at.addPod('second');
  await at.until('second', isRefused);
  await at.client.of(pods).delete('first', { namespace, gracePeriodSeconds: 0 });
  await at.clock.advance(1_000);
  assert.equal((await at.until('second', isBound)).spec.nodeName, 'only');
});

test('a pod of higher priority goes first', async () => {
  await using at = await begin();
  await at.addPod('low');
  await at.addPod('high', { spec: { priority: 100 } });
  await at.addNode(nodeOf('only', { pods: '1' }));
  await at.scheduler.start();
  await at.until('high', isBound);
  await at.until('low', isRefused);
});

test('pods of other schedulers, gated ones and those being deleted are left alone', async () => {
  await using at = await begin();
  await at.addNode(nodeOf('node-1'));
  await at.addPod('foreign', { spec: { schedulerName: 'mine' } });
  await at.addPod('gated', { spec: { schedulingGates: [{ name: 'example.com/gate' }] } });
  await at.addPod('leaving');
  await at.client.of(pods).patch('leaving', { metadata: { finalizers: ['example.com/hold'] } }, { namespace });
  await at.client.of(pods).delete('leaving', { namespace, gracePeriodSeconds: 0 });
  await at.scheduler.start();
  await at.addPod('plain');
  await at.until('plain', isBound);
  for (const name of ['foreign', 'gated', 'leaving']) assert.equal((await at.get(name)).spec.nodeName, undefined);
});

/** A transport that keeps each binding waiting for a word. */
function holdingBindings(held: Map<string, Deferred<'pass' | 'refuse'>>): (transport: Transport) => Transport {
  return (transport) => async (request) => {
    const name = /\/pods\/([^/]+)\/binding$/.exec(request.path)?.[1];
    if (!name) return transport(request);
    const word = deferred<'pass' | 'refuse'>();
    held.set(name, word);
    if ((await word.promise) === 'pass') return transport(request);
    throw new StatusError('InternalError', 'the server is not well');
  };
}

test('a pod counts on its node while its binding is under way, and gives the place back when that fails', async () => {
  const held = new Map<string, Deferred<'pass' | 'refuse'>>();
  await using at = await begin(holdingBindings(held));
  await at.addNode(nodeOf('only', { pods: '1' }));
  await at.scheduler.start();
  await at.addPod('first');
  await at.addPod('second');
  await at.until('second', isRefused);
  held.get('first')?.resolve('refuse');
  await at.clock.advance(0);
  assert.deepEqual((await at.messages('FailedScheduling')).sort(), [
    '0/1 nodes are available: 1 Too many pods.',
    'Binding rejected: the server is not well',
  ]);
  held.clear();
  await at.clock.advance(1_000);
  const [[winner, word] = assert.fail('a pod is being bound')] = held;
  assert.equal(held.size, 1);
  word.resolve('pass');
  assert.equal((await at.until(winner, isBound)).spec.nodeName, 'only');
});

test('a pod deleted while its binding is under way leaves nothing behind', async () => {
  const held = new Map<string, Deferred<'pass' | 'refuse'>>();
  await using at = await begin(holdingBindings(held));
  await at.addNode(nodeOf('only', { pods: '1' }));
  await at.scheduler.start();
  await at.addPod('first');
  await at.clock.advance(0);
  const word = held.get('first') ?? assert.fail('first is being bound');
  await at.client.of(pods).delete('first', { namespace, gracePeriodSeconds: 0 });
  word.resolve('pass');
  await at.addPod('second');
  await at.clock.advance(1_000);
  held.get('second')?.resolve('pass');
  assert.equal((await at.until('second', isBound)).spec.nodeName, 'only');
});

test('a heartbeat of a node does not have pods tried again, a label does', async () => {
  await using at = await begin();
  await at.addNode(nodeOf('node-1'));
  await at.scheduler.start();
  await at.addPod('picky', { spec: { nodeSelector: { disk: 'ssd' } } });
  await at.until('picky', isRefused);
  await at.clock.advance(2_000);
  const beat = {
    status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-01T00:01:00Z' }] },
  };
  await at.client.of(nodes).patch('node-1', beat, { subresource: 'status' });
  await at.clock.advance(2_000);
  const { items } = await at.client.of(events).list({ namespace });
  assert.deepEqual(
    items.map(({ reason, count }) => [reason, count]),
    [['FailedScheduling', 1]],
  );
  await at.client.of(nodes).patch('node-1', { metadata: { labels: { disk: 'ssd' } } });
  await at.until('picky', isBound);
});
