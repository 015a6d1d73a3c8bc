import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointConsumers, nodes, podReleases, pods } from '../api/resources.ts';
import { below, seededRandom } from '../base/random.ts';
import { Informer } from '../client/informer.ts';
import { type Participant, startGate, startParticipant, type TestGate } from './gate.fixture.ts';
import { NO_PUBLISHER } from './gate.ts';

const PUBLISHER = 'endpointslice-controller';

async function statusOf(gate: TestGate, name: string) {
  await gate.settle();
  return (await gate.release(name))?.status;
}

test('a pod is released when the publisher has stated its writes and every consumer has reached them', async () => {
  await using gate = await startGate();
  const publisher = await startParticipant(gate, PUBLISHER, { role: 'Publisher' });
  const one = await startParticipant(gate, 'node-1.proxy');
  const two = await startParticipant(gate, 'node-2.proxy');
  await gate.pod('web');
  const deleted = await gate.terminate('web');
  let status = await statusOf(gate, 'web');
  assert.equal(status?.phase, 'Waiting');
  assert.deepEqual(status?.waitingFor, [PUBLISHER]);
  assert.equal(status?.requiredResourceVersion, undefined);

  publisher.reach(deleted, deleted + 3);
  status = await statusOf(gate, 'web');
  assert.equal(status?.requiredResourceVersion, String(deleted + 3));
  assert.deepEqual(status?.waitingFor, ['node-1.proxy', 'node-2.proxy']);

  one.reach(deleted + 3);
  two.reach(deleted + 2);
  status = await statusOf(gate, 'web');
  assert.equal(status?.phase, 'Waiting');
  assert.deepEqual(status?.waitingFor, ['node-2.proxy']);

  publisher.reach(deleted + 20, deleted + 20);
  two.reach(deleted + 3);
  status = await statusOf(gate, 'web');
  assert.equal(status?.phase, 'Released');
  assert.deepEqual(status?.waitingFor, []);
  assert.equal(status?.requiredResourceVersion, String(deleted + 3), 'later writes do not raise it');
  assert.ok(status?.publishedAt && status.releasedAt);
});

test('without a publisher nothing is released, and the release says why', async () => {
  await using gate = await startGate();
  await startParticipant(gate, 'node-1.proxy', { reached: 1_000 });
  await gate.pod('web');
  await gate.terminate('web');
  assert.deepEqual((await statusOf(gate, 'web'))?.waitingFor, [NO_PUBLISHER]);
});

test('a consumer whose lease lapses holds nobody up, and an event says so', async () => {
  await using gate = await startGate();
  const publisher = await startParticipant(gate, PUBLISHER, { role: 'Publisher' });
  const { client, clock } = gate.cluster;
  await client.of(endpointConsumers).create({
    apiVersion: 'segue.dev/v1',
    kind: 'EndpointConsumer',
    metadata: { name: 'lost.ingress' },
    spec: { component: 'ingress', role: 'Consumer', leaseDurationSeconds: 10 },
  });
  await gate.pod('web');
  const deleted = await gate.terminate('web');
  publisher.reach(deleted, deleted);
  assert.deepEqual((await statusOf(gate, 'web'))?.waitingFor, ['lost.ingress']);
  await clock.advance(9_000);
  assert.equal((await statusOf(gate, 'web'))?.phase, 'Waiting', 'not before its lease is over');
  await clock.advance(3_000);
  assert.equal((await statusOf(gate, 'web'))?.phase, 'Released');
  assert.equal(await gate.consumer('lost.ingress'), undefined);
  assert.deepEqual(await gate.events(), ['ConsumerLost']);
});

test('a consumer that renews is kept however long it says nothing new', async () => {
  await using gate = await startGate();
  await startParticipant(gate, PUBLISHER, { role: 'Publisher' });
  await startParticipant(gate, 'node-1.proxy');
  await gate.cluster.clock.advance(60_000);
  assert.ok(await gate.consumer('node-1.proxy'));
  assert.deepEqual(await gate.events(), []);
});

test('a consumer that joins during a release is waited for, and one that leaves is not', async () => {
  await using gate = await startGate();
  const publisher = await startParticipant(gate, PUBLISHER, { role: 'Publisher' });
  const early = await startParticipant(gate, 'early.proxy');
  await gate.pod('web');
  const deleted = await gate.terminate('web');
  publisher.reach(deleted, deleted);
  await gate.settle();
  const late = await startParticipant(gate, 'late.proxy');
  assert.deepEqual((await statusOf(gate, 'web'))?.waitingFor, ['early.proxy', 'late.proxy']);
  await early.registration.stop();
  assert.deepEqual((await statusOf(gate, 'web'))?.waitingFor, ['late.proxy']);
  late.reach(deleted);
  assert.equal((await statusOf(gate, 'web'))?.phase, 'Released');
});

test('level None is released at once, level Drained waits like Observed, and the annotation wins over the cluster', async () => {
  await using gate = await startGate('None');
  const publisher = await startParticipant(gate, PUBLISHER, { role: 'Publisher' });
  for (const name of ['none', 'drained']) {
    await gate.pod(name, name === 'drained' ? { 'segue.dev/release': 'Drained' } : {});
    await gate.terminate(name);
  }
  assert.equal((await statusOf(gate, 'none'))?.phase, 'Released');
  assert.equal((await gate.release('none'))?.spec.level, 'None');
  assert.equal((await statusOf(gate, 'drained'))?.phase, 'Waiting');
  assert.equal((await gate.release('drained'))?.spec.level, 'Drained');
  const { revision } = gate.cluster.server.durable;
  publisher.reach(revision, revision);
  assert.equal((await statusOf(gate, 'drained'))?.phase, 'Released');
});

test('a pod that has no node needs no release', async () => {
  await using gate = await startGate();
  const spec = { containers: [{ name: 'main', image: 'app' }] };
  const metadata = { name: 'web', namespace: 'default', finalizers: ['example.com/hold'] };
  await gate.cluster.client.of(pods).create({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
  await gate.terminate('web');
  assert.equal(await statusOf(gate, 'web'), undefined);
});

test('a release is kept for ten minutes after the deletion, then removed', async () => {
  await using gate = await startGate();
  await gate.pod('web');
  await gate.terminate('web');
  await gate.settle();
  await gate.cluster.client.of(pods).delete('web', { namespace: 'default', gracePeriodSeconds: 0 });
  await gate.cluster.clock.advance(9 * 60_000);
  assert.ok(await gate.release('web'));
  await gate.cluster.clock.advance(2 * 60_000);
  assert.equal(await gate.release('web'), undefined);
});

test('a pod that takes the name of another gets a release of its own', async () => {
  await using gate = await startGate();
  await gate.pod('web-0');
  await gate.terminate('web-0');
  await gate.settle();
  const { client, clock } = gate.cluster;
  await client.of(pods).delete('web-0', { namespace: 'default', gracePeriodSeconds: 0 });
  const second = await gate.pod('web-0');
  await gate.settle();
  assert.notEqual((await gate.release('web-0'))?.spec.podUID, second.metadata.uid);
  const deleted = await gate.terminate('web-0');
  await clock.advance(100);
  const release = await gate.release('web-0');
  assert.equal(release?.spec.podUID, second.metadata.uid);
  assert.equal(release?.spec.deletedResourceVersion, String(deleted));
});

/** Participants that move at random; `stated` is how far each has told the server it is. */
async function play(seed: number): Promise<void> {
  await using gate = await startGate();
  const random = seededRandom(seed);
  const publisher = await startParticipant(gate, PUBLISHER, { role: 'Publisher' });
  const consumers = new Map<string, { participant: Participant; reached: number; joinedAt: number }>();
  const wanted = new Map<string, number>();
  let write = 0;
  for (let step = 0; step < 60; step++) {
    const { revision } = gate.cluster.server.durable;
    const dice = below(random, 8);
    const name = `c${below(random, 4)}`;
    const known = consumers.get(name);
    if (dice <= 1) {
      const pod = `p${step}`;
      await gate.pod(pod);
      wanted.set(pod, await gate.terminate(pod));
    } else if (dice === 2) {
      write = Math.max(write, revision);
      publisher.reach(revision, write);
    } else if (dice === 3 && !known)
      consumers.set(name, { participant: await startParticipant(gate, name), reached: 0, joinedAt: step });
    else if (dice === 4 && known && below(random, 3) === 0) {
      consumers.delete(name);
      await known.participant.registration.stop();
    } else if (known) {
      known.reached = Math.max(known.reached, below(random, revision + 1));
      known.participant.reach(known.reached);
    }
    if (below(random, 2) === 0) await gate.cluster.clock.advance(below(random, 3));
    await check({ gate, consumers, wanted, seed, step });
  }
  const { revision } = gate.cluster.server.durable;
  publisher.reach(revision, revision);
  for (const { participant } of consumers.values()) participant.reach(revision);
  await gate.settle();
  for (const pod of wanted.keys()) assert.equal((await gate.release(pod))?.status.phase, 'Released', `seed ${seed}`);
}

const judged = new WeakMap<TestGate, Set<string>>();

/** In the moment a pod is seen released for the first time, every consumer there is has let go of it. */
async function check(world: {
  gate: TestGate;
  consumers: ReadonlyMap<string, { reached: number; joinedAt: number }>;
  wanted: ReadonlyMap<string, number>;
  seed: number;
  step: number;
}): Promise<void> {
  const { gate, consumers, wanted, seed, step } = world;
  const done = judged.get(gate) ?? new Set<string>();
  judged.set(gate, done);
  for (const [pod, deleted] of wanted) {
    const status = (await gate.release(pod))?.status;
    if (status?.phase !== 'Released' || done.has(pod)) continue;
    done.add(pod);
    const required = Number(status.requiredResourceVersion);
    assert.ok(required >= deleted, `seed ${seed}: ${pod} was released at ${required}, before its deletion was written`);
    for (const [name, { reached, joinedAt }] of consumers) {
      // One that joined in this very step may have done so after the release.
      const late = reached < required && joinedAt < step;
      assert.ok(!late, `seed ${seed}: ${pod} was released at ${required} before ${name}, which is at ${reached}`);
    }
  }
}

test('whatever the order, no pod is released before a live consumer has let go, and all are in the end', async () => {
  for (let seed = 1; seed <= 15; seed++) await play(seed);
});

test('what a release costs in writes does not grow with the number of consumers that let go', async () => {
  await using gate = await startGate();
  const publisher = await startParticipant(gate, PUBLISHER, { role: 'Publisher' });
  const consumers = [];
  for (let index = 0; index < 200; index++) {
    consumers.push(await startParticipant(gate, `node-${String(index).padStart(3, '0')}.proxy`));
  }
  await gate.pod('web');
  const deleted = await gate.terminate('web');
  publisher.reach(deleted, deleted);
  await gate.settle();
  const before = Number((await gate.release('web'))?.metadata.resourceVersion);
  let acknowledged = 0;
  let writes = 0;
  const seen = new Informer(gate.cluster.client, podReleases, { env: gate.cluster.env });
  seen.onChange(({ object }) => {
    writes += Number(object?.metadata.resourceVersion) > before ? 1 : 0;
  });
  await seen.start().synced;
  // In the order of their names: each that lets go is one that is named.
  for (const consumer of consumers) {
    consumer.reach(deleted);
    acknowledged++;
    await gate.settle();
  }
  await seen.stop();
  const status = await statusOf(gate, 'web');
  assert.deepEqual([status?.phase, status?.waitingFor], ['Released', []]);
  assert.ok(writes <= 20, `${writes} writes for ${acknowledged} acknowledgements`);
});

test('a gate that starts with no registrations waits for every ready node until it has one, or for a lease', async () => {
  const node = (name: string, ready: string) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  });
  await using gate = await startGate('Observed', async ({ client }) => {
    for (const [name, ready] of [
      ['node-1', 'True'],
      ['node-2', 'True'],
      ['node-3', 'Unknown'],
    ] as const) {
      await client.of(nodes).create({ ...node(name, ready), status: {} });
      await client.of(nodes).patch(name, { status: node(name, ready).status }, { subresource: 'status' });
    }
  });
  const publisher = await startParticipant(gate, PUBLISHER, { role: 'Publisher' });
  await gate.pod('web');
  const deleted = await gate.terminate('web');
  publisher.reach(deleted, deleted);
  assert.deepEqual((await statusOf(gate, 'web'))?.waitingFor, ['node-1 (not registered)', 'node-2 (not registered)']);
  const spec = { component: 'proxy', nodeName: 'node-1', role: 'Consumer' as const, leaseDurationSeconds: 10 };
  const apiVersion = 'segue.dev/v1';
  const consumers = gate.cluster.client.of(endpointConsumers);
  await consumers.create({ apiVersion, kind: 'EndpointConsumer', metadata: { name: 'node-1.proxy' }, spec });
  const status = { observedResourceVersion: String(deleted) };
  await consumers.patch('node-1.proxy', { status }, { subresource: 'status' });
  assert.deepEqual((await statusOf(gate, 'web'))?.waitingFor, ['node-2 (not registered)']);
  await gate.cluster.clock.advance(11_500);
  assert.equal((await statusOf(gate, 'web'))?.phase, 'Released');
});
