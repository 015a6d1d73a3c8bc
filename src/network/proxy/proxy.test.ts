import assert from 'node:assert/strict';
import { test } from 'node:test';
import { services } from '../../api/resources.ts';
import type { Env } from '../../base/env.ts';
import { startTestCluster } from '../../client/client.fixture.ts';
import type { Client } from '../../client/client.ts';
import { consumerSuite } from '../../gate/consumer.suite.ts';
import { DataPlaneError, type ProxyDataPlane, type ServicePortRules } from './dataplane.ts';
import { FakeDataPlane } from './fake/dataplane.ts';
import { ServiceProxy } from './proxy.ts';

/** A data plane that refuses what the test says. */
class Moody extends FakeDataPlane implements ProxyDataPlane {
  refuses: (service: string) => boolean = () => false;
  steps = 0;
  readonly #rules = new Map<string, readonly ServicePortRules[]>();

  override replace(rules: ReadonlyMap<string, readonly ServicePortRules[]>): void {
    this.steps++;
    const refused = [...rules.keys()].filter((service) => this.refuses(service));
    if (refused.length > 0) throw new DataPlaneError(`Cannot write rules of ${refused}: refused by the test`);
    super.replace(rules);
    for (const [service, ports] of rules) this.#rules.set(service, ports);
  }

  routesTo(service: string): string[] {
    const endpoints = (this.#rules.get(service) ?? []).flatMap((port) => port.endpoints);
    return [...new Set(endpoints.map(({ ip }) => ip))].sort();
  }
}

function startable(client: Client, env: Env) {
  const dataPlane = new Moody(env);
  return { dataPlane, proxy: new ServiceProxy(client, { env, nodeName: 'node-1', dataPlane }) };
}

consumerSuite('service proxy', (client, env) => {
  const { proxy, dataPlane } = startable(client, env);
  return {
    name: 'node-1.proxy',
    start: () => proxy.start(),
    stop: () => proxy.stop(),
    routesTo: (service) => dataPlane.routesTo(service),
    refuse: (isRefusing) => {
      dataPlane.refuses = () => isRefusing;
    },
  };
});

function service(name: string) {
  const spec = { ports: [{ port: 80 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec };
}

test('a service that the kernel refuses keeps no other from its rules', async () => {
  await using cluster = await startTestCluster();
  const { proxy, dataPlane } = startable(cluster.client, cluster.env);
  dataPlane.refuses = (name) => name === 'default/bad';
  for (const name of ['a', 'bad', 'b']) await cluster.client.of(services).create(service(name));
  await proxy.start();
  assert.deepEqual([...dataPlane.services()].sort(), ['default/a', 'default/b']);
  await cluster.client.of(services).create(service('c'));
  await cluster.clock.turn();
  assert.ok(dataPlane.services().has('default/c'));
  dataPlane.refuses = () => false;
  await cluster.clock.advance(6_000);
  assert.ok(dataPlane.services().has('default/bad'));
  await proxy.stop();
});

test('all that one batch of events changed goes to the kernel in one step', async () => {
  await using cluster = await startTestCluster();
  const { proxy, dataPlane } = startable(cluster.client, cluster.env);
  for (let index = 0; index < 50; index++) await cluster.client.of(services).create(service(`s${index}`));
  await proxy.start();
  assert.equal(dataPlane.services().size, 50);
  assert.equal(dataPlane.steps, 1);
  await proxy.stop();
});

test('a service that is gone has no rules', async () => {
  await using cluster = await startTestCluster();
  const { proxy, dataPlane } = startable(cluster.client, cluster.env);
  await cluster.client.of(services).create(service('a'));
  await proxy.start();
  await cluster.client.of(services).delete('a', { namespace: 'default' });
  await cluster.clock.turn();
  assert.equal(dataPlane.services().size, 0);
  await proxy.stop();
});
