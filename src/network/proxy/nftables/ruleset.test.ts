import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNetworkNamespace, inNetworkNamespace } from '../../../linux/namespaces.ts';
import { deleteTable, NftablesSocket } from '../../../linux/nftables.ts';
import { inSandbox } from '../../../linux/sandbox.fixture.ts';
import { DataPlaneError, type ProxyDataPlane, type ServicePortRules } from '../dataplane.ts';
import { openNftablesDataPlane } from './dataplane.ts';
import { TABLE } from './table.ts';

interface Node extends Disposable {
  /** The kernel's own view of the rules. */
  readonly table: NftablesSocket;
  openDataPlane(): ProxyDataPlane;
}

inSandbox(import.meta.filename, () => {
  test('changing one service among many writes nothing of the others', async () => {
    using node = openNode();
    const dataPlane = node.openDataPlane();
    const services = Array.from({ length: 50 }, (_, index) => [`ns/s${index}`, [service(index, 3)]] as const);
    dataPlane.replace(new Map(services));
    const before = node.table.chains(TABLE);
    assert.equal(node.table.elementCount(TABLE, 'service-ips'), 50);
    dataPlane.replace(new Map([...services.slice(0, 7), ['ns/s7', [service(7, 2)]]]));
    const changed = [...node.table.chains(TABLE)].filter(([name, rules]) => rules.join() !== before.get(name)?.join());
    assert.deepEqual(
      changed.map(([name, rules]) => [name, rules.length]),
      [['service-ns/s7/tcp/80', 2]],
    );
    dataPlane.replace(new Map(services.map(([key]) => [key, []])));
    assert.equal(node.table.elementCount(TABLE, 'service-ips'), 0);
    assert.equal([...node.table.chains(TABLE).keys()].filter((name) => name.startsWith('service-')).length, 0);
    dataPlane.close();
  });

  test('rules of an earlier process serve until the first replacement, and are gone with it', () => {
    using node = openNode();
    const earlier = node.openDataPlane();
    earlier.replace(
      new Map([
        ['ns/old', [service(1, 3)]],
        ['ns/same', [service(2, 3)]],
      ]),
    );
    earlier.close();
    const dataPlane = node.openDataPlane();
    assert.ok(node.table.chains(TABLE).has('service-ns/old/tcp/80'));
    dataPlane.replace(new Map([['ns/same', [service(2, 1)]]]));
    const chains = node.table.chains(TABLE);
    assert.ok(!chains.has('service-ns/old/tcp/80'));
    assert.equal(chains.get('service-ns/same/tcp/80')?.length, 1);
    dataPlane.close();
  });

  test('a table that somebody deleted is made again, whole', () => {
    using node = openNode();
    const dataPlane = node.openDataPlane();
    dataPlane.replace(
      new Map([
        ['ns/a', [service(1, 3)]],
        ['ns/b', [service(2, 3)]],
      ]),
    );
    node.table.commit([deleteTable(TABLE)]);
    dataPlane.replace(new Map([['ns/a', [service(1, 2)]]]));
    const chains = node.table.chains(TABLE);
    assert.equal(chains.get('service-ns/a/tcp/80')?.length, 2);
    assert.equal(chains.get('service-ns/b/tcp/80')?.length, 3);
    dataPlane.close();
  });

  test('rules that the kernel refuses change nothing', () => {
    using node = openNode();
    const dataPlane = node.openDataPlane();
    dataPlane.replace(new Map([['ns/a', [service(1, 3)]]]));
    const before = node.table.chains(TABLE);
    const tooLong = 'n'.repeat(300);
    const refused = new Map([
      ['ns/a', [service(1, 1)]],
      [`ns/${tooLong}`, [service(2, 1)]],
    ]);
    assert.throws(() => dataPlane.replace(refused), DataPlaneError);
    assert.deepEqual(node.table.chains(TABLE), before);
    assert.deepEqual([...dataPlane.services()], ['ns/a']);
    dataPlane.replace(new Map([['ns/a', [service(1, 2)]]]));
    assert.equal(node.table.chains(TABLE).get('service-ns/a/tcp/80')?.length, 2);
    dataPlane.close();
  });

  test('more services than fit into one batch are written in several', () => {
    using node = openNode();
    const dataPlane = node.openDataPlane();
    const bytes = node.table.batchBytesMax;
    const count = Math.ceil(bytes / 250_000) + 1;
    const services = Array.from({ length: count }, (_, index) => [`ns/big${index}`, [service(index, 1000)]] as const);
    dataPlane.replace(new Map(services));
    const chains = node.table.chains(TABLE);
    for (const [key] of services) assert.equal(chains.get(`service-${key}/tcp/80`)?.length, 1000);
    dataPlane.close();
  });
});

function openNode(): Node {
  const namespace = createNetworkNamespace();
  const table = inNetworkNamespace(namespace, () => new NftablesSocket());
  const addresses = { nodeIPs: ['172.30.0.11'], podCIDR: '10.244.1.0/24', serviceCIDR: '10.96.0.0/12' };
  return {
    table,
    openDataPlane: () => openNftablesDataPlane({ namespace, ...addresses }),
    [Symbol.dispose]() {
      table.close();
      namespace.close();
    },
  };
}

function service(index: number, endpoints: number): ServicePortRules {
  const to = Array.from({ length: endpoints }, (_, number) => ({
    ip: `10.244.${9 + (number >> 8)}.${number & 255}`,
    port: 8080,
  }));
  return {
    portName: 'main',
    protocol: 'TCP',
    port: 80,
    addresses: [`10.96.1.${index}`],
    nodePort: undefined,
    endpoints: to,
    externalEndpoints: to,
    affinitySeconds: undefined,
  };
}
