import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointConsumers, endpointSlices, pods, services } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Pod, Service } from '../../api/types/core.ts';
import type { EndpointSlice } from '../../api/types/discovery.ts';
import { below, type Random, seededRandom } from '../../base/random.ts';
import { FaultyTransport, randomDelays, startTestCluster, type TestCluster } from '../../client/client.fixture.ts';
import { Client } from '../../client/client.ts';
import { EndpointSliceController } from './controller.ts';

const namespace = 'default';

async function createService(cluster: TestCluster, name: string, app = name): Promise<Service> {
  const spec = { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] };
  return cluster.client.of(services).create({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec });
}

async function createPod(cluster: TestCluster, name: string, options: { app: string; ip: string }): Promise<Pod> {
  const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'app' }] };
  const metadata = { name, namespace, labels: { app: options.app } };
  await cluster.client.of(pods).create({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
  const status = { phase: 'Running', podIP: options.ip, conditions: [{ type: 'Ready', status: 'True' }] };
  return cluster.client.of(pods).patch(name, { status }, { namespace, subresource: 'status' });
}

async function sliceEndpoints(cluster: TestCluster, service: string): Promise<string[]> {
  const labelSelector = `kubernetes.io/service-name=${service}`;
  const { items } = await cluster.client.of(endpointSlices).list({ namespace, labelSelector });
  return items.flatMap(({ endpoints }) =>
    endpoints.map(({ targetRef, conditions: { ready, serving, terminating } = {} }) => {
      const words = [ready && 'ready', serving && 'serving', terminating && 'terminating'];
      return [targetRef?.name, ...words.filter(Boolean)].join(' ');
    }),
  );
}

test('slices follow pods: ready, terminating, gone', async () => {
  await using cluster = await startTestCluster();
  const controller = new EndpointSliceController(cluster.client, { env: cluster.env });
  await controller.start();
  await createService(cluster, 'web');
  await createPod(cluster, 'web-1', { app: 'web', ip: '10.0.0.1' });
  await cluster.clock.advance(10);
  assert.deepEqual(await sliceEndpoints(cluster, 'web'), ['web-1 ready serving']);
  await cluster.client.of(pods).delete('web-1', { namespace });
  await cluster.clock.advance(10);
  assert.deepEqual(await sliceEndpoints(cluster, 'web'), ['web-1 serving terminating']);
  await cluster.client.of(pods).delete('web-1', { namespace, gracePeriodSeconds: 0 });
  await cluster.clock.advance(10);
  assert.deepEqual(await sliceEndpoints(cluster, 'web'), []);
  await controller.stop();
});

test('it registers as the publisher and says up to which pod change its slices are right', async () => {
  await using cluster = await startTestCluster();
  const controller = new EndpointSliceController(cluster.client, { env: cluster.env });
  await controller.start();
  await createService(cluster, 'web');
  const pod = await createPod(cluster, 'web-1', { app: 'web', ip: '10.0.0.1' });
  await cluster.clock.advance(10);
  const { spec, status } = await cluster.client.of(endpointConsumers).get('endpointslice-controller');
  const [slice] = (await cluster.client.of(endpointSlices).list({ namespace })).items;
  assert.equal(spec.role, 'Publisher');
  assert.ok(Number(status?.observedResourceVersion) >= Number(pod.metadata.resourceVersion));
  assert.ok(Number(status?.publishedResourceVersion) >= Number(slice?.metadata.resourceVersion));
  await controller.stop();
});

test("somebody else's change of a slice is put right, and a slice of another's making is left alone", async () => {
  await using cluster = await startTestCluster();
  const controller = new EndpointSliceController(cluster.client, { env: cluster.env });
  await controller.start();
  await createService(cluster, 'web');
  await createPod(cluster, 'web-1', { app: 'web', ip: '10.0.0.1' });
  await cluster.clock.advance(10);
  const slices = cluster.client.of(endpointSlices);
  const [slice] = (await slices.list({ namespace })).items as [EndpointSlice];
  await slices.update({ ...slice, endpoints: [] });
  const foreign = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'foreign', namespace, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4' as const,
    endpoints: [{ addresses: ['192.0.2.1'] }],
  };
  await slices.create(foreign);
  await cluster.clock.advance(100);
  assert.deepEqual((await sliceEndpoints(cluster, 'web')).sort(), ['', 'web-1 ready serving']);
  await controller.stop();
});

test('slices of a Service that is gone are removed', async () => {
  await using cluster = await startTestCluster();
  const controller = new EndpointSliceController(cluster.client, { env: cluster.env });
  await controller.start();
  await createService(cluster, 'web');
  await createPod(cluster, 'web-1', { app: 'web', ip: '10.0.0.1' });
  await cluster.clock.advance(10);
  await cluster.client.of(services).delete('web', { namespace });
  await cluster.clock.advance(10);
  assert.deepEqual((await cluster.client.of(endpointSlices).list({ namespace })).items, []);
  await controller.stop();
});

interface Statement {
  readonly observed: number;
  readonly published: number;
}

/** One random change of pods or services; returns what was deleted and at which revision. */
async function change(cluster: TestCluster, random: Random, live: Set<string>): Promise<[string, number] | undefined> {
  const { client } = cluster;
  const app = `app${below(random, 2)}`;
  const names = [...live];
  const name = names[below(random, names.length)];
  const dice = below(random, 10);
  if (dice < 3 || name === undefined) {
    const fresh = `p${cluster.server.durable.revision}`;
    const ip = `10.0.${live.size}.${(cluster.server.durable.revision % 250) + 1}`;
    live.add((await createPod(cluster, fresh, { app, ip })).metadata.name);
  } else if (dice < 5) {
    live.delete(name);
    const pod = await client.of(pods).delete(name, { namespace });
    return [pod.metadata.uid, Number(pod.metadata.resourceVersion)];
  } else if (dice < 7) {
    await client.of(pods).patch(name, { metadata: { labels: { app } } }, { namespace });
  } else if (dice < 9) {
    const service = `s${below(random, 2)}`;
    await client
      .of(services)
      .patch(service, { spec: { selector: { app } } }, { namespace })
      .catch((error) => {
        if (!isStatus(error, 'NotFound')) throw error;
        return createService(cluster, service, app);
      });
  } else {
    await client
      .of(services)
      .delete(`s${below(random, 2)}`, { namespace })
      .catch((error) => {
        if (!isStatus(error, 'NotFound')) throw error;
      });
  }
  return undefined;
}

/** Uids that some slice lists as ready at `revision` of the store. */
function readyAt(cluster: TestCluster, revision: number): Set<string> {
  const prefix = '/registry/discovery.k8s.io/endpointslices/';
  const { entries } = cluster.server.durable.list({ prefix, revision });
  const endpoints = entries.flatMap(({ value }) => (JSON.parse(value) as EndpointSlice).endpoints);
  return new Set(endpoints.filter(({ conditions }) => conditions?.ready).map(({ targetRef }) => targetRef?.uid ?? ''));
}

async function play(seed: number): Promise<void> {
  await using cluster = await startTestCluster();
  const random = seededRandom(seed);
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  network.delayMs = randomDelays(random, 8);
  const controller = new EndpointSliceController(new Client(network.transport), { env: cluster.env });
  await createService(cluster, 's0', 'app0');
  const started = controller.start();
  const statements: Statement[] = [];
  const seen = await cluster.server.watch('/apis/segue.dev/v1/endpointconsumers?watch=true');
  const deleted = new Map<string, number>();
  const live = new Set<string>();
  for (let step = 0; step < 60; step++) {
    if (below(random, 12) === 0) network.breakWatches();
    const removal = await change(cluster, random, live);
    if (removal) deleted.set(...removal);
    await cluster.clock.advance(below(random, 10));
  }
  await cluster.clock.advance(20_000);
  await started;
  for (const { event } of seen.events) {
    const { status } = event.object as { status?: Record<string, string> };
    if (!status?.['publishedResourceVersion']) continue;
    const { observedResourceVersion, publishedResourceVersion } = status;
    statements.push({ observed: Number(observedResourceVersion), published: Number(publishedResourceVersion) });
  }
  for (const { observed, published } of statements) {
    const ready = readyAt(cluster, published);
    for (const [uid, revision] of deleted) {
      const broken = revision <= observed && ready.has(uid);
      assert.ok(
        !broken,
        `seed ${seed}: at ${published} a pod deleted at ${revision} is ready, though ${observed} is stated`,
      );
    }
  }
  assert.ok((statements.at(-1)?.observed ?? 0) >= Math.max(...deleted.values()), `seed ${seed}: all was stated`);
  network.delayMs = undefined;
  await controller.stop();
}

test('at the write it names, no slice lists as ready a pod whose deletion it says it has seen', async () => {
  for (let seed = 1; seed <= 25; seed++) await play(seed);
});
