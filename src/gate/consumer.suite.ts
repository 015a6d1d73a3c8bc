import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointConsumers, endpointSlices, services } from '../api/resources.ts';
import type { EndpointSlice } from '../api/types/discovery.ts';
import type { Env } from '../base/env.ts';
import { FaultyTransport, startTestCluster, type TestCluster } from '../client/client.fixture.ts';
import { Client } from '../client/client.ts';

/** Something that routes to endpoints, with a data plane that the test may break. */
export interface ConsumerUnderTest {
  /** Name it registers under. */
  readonly name: string;
  start(): Promise<unknown>;
  stop(): Promise<void>;
  /** Addresses that new work for `namespace/name` may be given to now, sorted. */
  routesTo(service: string): string[];
  /** From now on its data plane refuses every change, or takes them again. */
  refuse(isRefusing: boolean): void;
}

const namespace = 'default';

/** The law of an endpoint consumer (DESIGN, the gate): what it says it has acted on holds for what it routes. */
export function consumerSuite(kind: string, make: (client: Client, env: Env) => ConsumerUnderTest): void {
  test(`${kind}: it is registered before it routes, and routes all there is when it has started`, async () => {
    await using cluster = await startTestCluster();
    const network = new FaultyTransport(cluster.transport, cluster.clock);
    const slice = await publish(cluster, ['10.244.1.2', '10.244.2.2']);
    network.delayMs = () => 5;
    const consumer = make(new Client(network.transport), cluster.env);
    const started = consumer.start();
    let isStarted = false;
    started.then(() => {
      isStarted = true;
    });
    for (let step = 0; step < 100 && !isStarted; step++) {
      const isRegistered = (await stated(cluster, consumer)) !== undefined;
      assert.ok(isRegistered || consumer.routesTo('default/web').length === 0, 'routes without being registered');
      await cluster.clock.advance(1);
    }
    await started;
    assert.deepEqual(consumer.routesTo('default/web'), ['10.244.1.2', '10.244.2.2']);
    network.delayMs = undefined;
    await cluster.clock.advance(20);
    assert.ok(((await stated(cluster, consumer)) ?? 0) >= revisionOf(slice));
    await consumer.stop();
  });

  test(`${kind}: what it has acknowledged it routes to no more`, async () => {
    await using cluster = await startTestCluster();
    const slice = await publish(cluster, ['10.244.1.2', '10.244.2.2']);
    const consumer = make(cluster.client, cluster.env);
    await consumer.start();
    const next = await withdraw(cluster, slice, ['10.244.2.2']);
    for (let turns = 0; ((await stated(cluster, consumer)) ?? 0) < revisionOf(next); turns++) {
      assert.ok(turns < 100, 'it never acknowledged');
      await cluster.clock.advance(1);
    }
    assert.deepEqual(consumer.routesTo('default/web'), ['10.244.2.2']);
    await consumer.stop();
  });

  test(`${kind}: a data plane that refuses holds the acknowledgement until it has taken the change`, async () => {
    await using cluster = await startTestCluster();
    const slice = await publish(cluster, ['10.244.1.2', '10.244.2.2']);
    const consumer = make(cluster.client, cluster.env);
    await consumer.start();
    consumer.refuse(true);
    const next = await withdraw(cluster, slice, ['10.244.2.2']);
    await cluster.clock.advance(7_000);
    assert.ok(((await stated(cluster, consumer)) ?? 0) < revisionOf(next));
    assert.deepEqual(consumer.routesTo('default/web'), ['10.244.1.2', '10.244.2.2']);
    consumer.refuse(false);
    await cluster.clock.advance(10_000);
    assert.ok(((await stated(cluster, consumer)) ?? 0) >= revisionOf(next));
    assert.deepEqual(consumer.routesTo('default/web'), ['10.244.2.2']);
    await consumer.stop();
  });

  test(`${kind}: changes that concern it not move its acknowledgement on as well`, async () => {
    await using cluster = await startTestCluster();
    const slice = await publish(cluster, ['10.244.1.2']);
    const consumer = make(cluster.client, cluster.env);
    await consumer.start();
    const { name, resourceVersion: _, uid: __, ...metadata } = slice.metadata;
    const other = await cluster.client
      .of(endpointSlices)
      .create({ ...slice, metadata: { ...metadata, name: `${name}-other`, labels: {} } });
    await cluster.clock.advance(10);
    assert.ok(((await stated(cluster, consumer)) ?? 0) >= revisionOf(other));
    await consumer.stop();
  });

  test(`${kind}: it is unregistered when it has stopped`, async () => {
    await using cluster = await startTestCluster();
    const consumer = make(cluster.client, cluster.env);
    await consumer.start();
    assert.notEqual(await stated(cluster, consumer), undefined);
    await consumer.stop();
    assert.equal(await stated(cluster, consumer), undefined);
  });
}

/** A Service `web` and its one slice with these addresses. */
async function publish(cluster: TestCluster, addresses: readonly string[]): Promise<EndpointSlice> {
  const spec = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] };
  await cluster.client
    .of(services)
    .create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace }, spec });
  return cluster.client.of(endpointSlices).create({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', namespace, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  });
}

/** All endpoints but those of `left` terminate from now on. */
async function withdraw(cluster: TestCluster, slice: EndpointSlice, left: readonly string[]): Promise<EndpointSlice> {
  const endpoints = slice.endpoints.map((endpoint) =>
    left.includes(endpoint.addresses[0] ?? '')
      ? endpoint
      : { ...endpoint, conditions: { ready: false, serving: true, terminating: true } },
  );
  return cluster.client.of(endpointSlices).update({ ...slice, endpoints });
}

function revisionOf(slice: EndpointSlice): number {
  return Number(slice.metadata.resourceVersion);
}

/** What the consumer has stated; undefined when it is not registered. */
async function stated(cluster: TestCluster, { name }: ConsumerUnderTest): Promise<number | undefined> {
  const { items } = await cluster.client.of(endpointConsumers).list();
  const found = items.find(({ metadata }) => metadata.name === name);
  return found && Number(found.status?.observedResourceVersion ?? 0);
}
