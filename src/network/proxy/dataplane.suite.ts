import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Protocol } from '../../api/types/core.ts';
import type { ProxyDataPlane, RuleEndpoint, ServicePortRules } from './dataplane.ts';

/** Where a client connects to; without an address, to a port of a node. */
export interface Target {
  readonly address: string | undefined;
  readonly port: number;
  readonly protocol: Protocol;
}

export interface DataPlaneFixture extends AsyncDisposable {
  /** Without any service. */
  readonly dataPlane: ProxyDataPlane;
  /** Three, of which each answers with its address. */
  readonly endpoints: readonly RuleEndpoint[];
  /** Makes a new connection: the address of the endpoint that answered, or `refused`. */
  ask(target: Target): Promise<string>;
  /** Makes a connection, and asks on it again whenever told. */
  open(target: Target): Promise<{ ask(): Promise<string> }>;
}

const VIP = '10.96.0.10';
const tcp: Target = { address: VIP, port: 80, protocol: 'TCP' };
const udp: Target = { address: VIP, port: 80, protocol: 'UDP' };
const nodePort: Target = { address: undefined, port: 30080, protocol: 'TCP' };
/** Three endpoints miss one of three equal shares in all of these with a chance below 1 in 10,000. */
const DRAWS = 30;

/** The law of `ProxyDataPlane`. */
export function dataPlaneSuite(name: string, open: () => Promise<DataPlaneFixture>): void {
  test(`${name}: new connections are spread over all endpoints, by cluster address and by node port`, async () => {
    await using fixture = await open();
    const { dataPlane, endpoints } = fixture;
    dataPlane.replace(new Map([['ns/web', [port(endpoints), port(endpoints, { protocol: 'UDP' })]]]));
    assert.deepEqual([...dataPlane.services()], ['ns/web']);
    for (const target of [tcp, udp, nodePort, { ...nodePort, protocol: 'UDP' } as const]) {
      assert.deepEqual(await answers(fixture, target), new Set(endpoints.map((to) => to.ip)));
    }
  });

  test(`${name}: no new connection goes to an endpoint that is not listed any more`, async () => {
    await using fixture = await open();
    const { dataPlane, endpoints } = fixture;
    for (const listed of [endpoints, endpoints.slice(1), endpoints.slice(2), endpoints.slice(0, 1)]) {
      dataPlane.replace(new Map([['ns/web', [port(listed)]]]));
      const allowed = new Set(listed.map((to) => to.ip));
      for (const ip of await answers(fixture, tcp)) assert.ok(allowed.has(ip), `${ip} is not listed`);
    }
  });

  test(`${name}: established connections stay when their endpoint or their service is removed`, async () => {
    await using fixture = await open();
    const { dataPlane, endpoints } = fixture;
    dataPlane.replace(new Map([['ns/web', [port(endpoints.slice(0, 1))]]]));
    const kept = await fixture.open(tcp);
    assert.equal(await kept.ask(), endpoints[0]!.ip);
    dataPlane.replace(new Map([['ns/web', [port(endpoints.slice(1))]]]));
    assert.equal(await kept.ask(), endpoints[0]!.ip);
    assert.notEqual(await fixture.ask(tcp), endpoints[0]!.ip);
    dataPlane.replace(new Map([['ns/web', []]]));
    assert.equal(await kept.ask(), endpoints[0]!.ip);
    assert.equal(await fixture.ask(tcp), 'refused');
    assert.equal(dataPlane.services().size, 0);
  });

  test(`${name}: datagrams leave an endpoint that is not listed any more`, async () => {
    await using fixture = await open();
    const { dataPlane, endpoints } = fixture;
    dataPlane.replace(new Map([['ns/dns', [port(endpoints.slice(0, 1), { protocol: 'UDP' })]]]));
    const flow = await fixture.open(udp);
    assert.equal(await flow.ask(), endpoints[0]!.ip);
    dataPlane.replace(new Map([['ns/dns', [port(endpoints.slice(1, 2), { protocol: 'UDP' })]]]));
    assert.equal(await flow.ask(), endpoints[1]!.ip);
  });

  test(`${name}: a port without endpoints refuses, until it has one`, async () => {
    await using fixture = await open();
    const { dataPlane, endpoints } = fixture;
    dataPlane.replace(new Map([['ns/web', [port([]), port([], { protocol: 'UDP' })]]]));
    assert.deepEqual(await Promise.all([tcp, udp, nodePort].map((target) => fixture.ask(target))), [
      'refused',
      'refused',
      'refused',
    ]);
    dataPlane.replace(new Map([['ns/web', [port(endpoints), port([], { protocol: 'UDP' })]]]));
    assert.notEqual(await fixture.ask(tcp), 'refused');
    assert.notEqual(await fixture.ask(nodePort), 'refused');
    assert.equal(await fixture.ask(udp), 'refused');
  });

  test(`${name}: what no service claims refuses`, async () => {
    await using fixture = await open();
    fixture.dataPlane.replace(new Map([['ns/web', [port(fixture.endpoints)]]]));
    assert.equal(await fixture.ask({ ...tcp, port: 81 }), 'refused');
    assert.equal(await fixture.ask({ ...tcp, address: '10.96.0.11' }), 'refused');
  });

  test(`${name}: node ports follow their own endpoints where a policy makes them differ`, async () => {
    await using fixture = await open();
    const { dataPlane, endpoints } = fixture;
    dataPlane.replace(new Map([['ns/web', [port(endpoints, { externalEndpoints: endpoints.slice(2) })]]]));
    assert.deepEqual(await answers(fixture, nodePort), new Set([endpoints[2]!.ip]));
    assert.equal((await answers(fixture, tcp)).size, 3);
    dataPlane.replace(new Map([['ns/web', [port(endpoints, { externalEndpoints: [] })]]]));
    assert.equal(await fixture.ask(nodePort), 'refused');
    dataPlane.replace(new Map([['ns/web', [port(endpoints)]]]));
    assert.equal((await answers(fixture, nodePort)).size, 3);
  });

  test(`${name}: a client keeps its endpoint with session affinity, and gets another when that is removed`, async () => {
    await using fixture = await open();
    const { dataPlane, endpoints } = fixture;
    dataPlane.replace(new Map([['ns/web', [port(endpoints, { affinitySeconds: 600 })]]]));
    const [first, ...others] = await answers(fixture, tcp);
    assert.deepEqual(others, []);
    const left = endpoints.filter((to) => to.ip !== first);
    dataPlane.replace(new Map([['ns/web', [port(left, { affinitySeconds: 600 })]]]));
    const [second, ...more] = await answers(fixture, tcp);
    assert.deepEqual(more, []);
    assert.ok(left.some((to) => to.ip === second));
    dataPlane.replace(new Map([['ns/web', [port(endpoints, { affinitySeconds: 600 })]]]));
    assert.deepEqual(await answers(fixture, tcp), new Set([second]), 'an endpoint that joins takes no client away');
    dataPlane.replace(new Map([['ns/web', [port(endpoints)]]]));
    assert.equal((await answers(fixture, tcp)).size, 3);
  });

  test(`${name}: of two services with one address the first has it, and the second when the first lets go`, async () => {
    await using fixture = await open();
    const { dataPlane, endpoints } = fixture;
    const [a, b] = [endpoints.slice(0, 1), endpoints.slice(1, 2)];
    dataPlane.replace(new Map([['ns/first', [port(a)]]]));
    dataPlane.replace(new Map([['ns/second', [port(b)]]]));
    assert.equal(await fixture.ask(tcp), a[0]!.ip);
    dataPlane.replace(new Map([['ns/first', []]]));
    assert.equal(await fixture.ask(tcp), b[0]!.ip);
    dataPlane.replace(
      new Map([
        ['ns/second', []],
        ['ns/third', [port(a)]],
      ]),
    );
    assert.equal(await fixture.ask(tcp), a[0]!.ip);
  });
}

function port(endpoints: readonly RuleEndpoint[], options: Partial<ServicePortRules> = {}): ServicePortRules {
  return {
    portName: 'main',
    protocol: 'TCP',
    port: 80,
    addresses: [VIP],
    nodePort: 30080,
    endpoints,
    externalEndpoints: endpoints,
    affinitySeconds: undefined,
    ...options,
  };
}

async function answers(fixture: DataPlaneFixture, target: Target): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let draw = 0; draw < DRAWS; draw++) seen.add(await fixture.ask(target));
  return seen;
}
