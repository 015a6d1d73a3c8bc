import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { inSandbox } from '../../../linux/sandbox.fixture.ts';
import { type MachineNetwork, openMachineNetwork } from '../../bridge/machine.ts';
import { SERVICE_CIDR } from '../../bridge/plan.ts';
import { PodAgent } from '../../bridge/podagent.fixture.ts';
import { dataPlaneSuite, type Target } from '../dataplane.suite.ts';
import type { ProxyDataPlane, ServicePortRules } from '../dataplane.ts';
import { openNftablesDataPlane } from './dataplane.ts';

const PORT = 8080;
const VIP = '10.96.0.10';
/** A pod address that nobody has: what is sent there is never answered. */
const SILENT_IP = '10.244.1.200';

interface World extends AsyncDisposable {
  readonly machine: MachineNetwork;
  /** One server on each of three nodes. */
  readonly servers: readonly { readonly ip: string; readonly agent: PodAgent }[];
  /** A client in every kind of place. */
  readonly clients: Readonly<Record<'pod' | 'node' | 'machine', PodAgent>>;
}

inSandbox(import.meta.filename, () => {
  let world: Promise<World> | undefined;
  after(async () => (await world)?.[Symbol.asyncDispose]());

  for (const place of ['pod', 'node', 'machine'] as const) {
    dataPlaneSuite(`nftables, from a ${place}`, async () => {
      world ??= openWorld();
      const { machine, servers, clients } = await world;
      const dataPlane = onAllNodes(machine);
      const where = ({ address, port, protocol }: Target) =>
        [address ?? machine.nodes[1]!.ip, port, protocol === 'UDP' ? 'UDP' : 'TCP'] as const;
      return {
        dataPlane,
        endpoints: servers.map(({ ip }) => ({ ip, port: PORT })),
        ask: (target) => clients[place].ask(...where(target)),
        async open(target) {
          const connection = await clients[place].open(...where(target));
          return { ask: () => connection.say() };
        },
        async [Symbol.asyncDispose]() {
          dataPlane.replace(new Map([...dataPlane.services()].map((service) => [service, []])));
          dataPlane.close();
        },
      };
    });
  }

  test('a pod reaches itself through its service', async () => {
    world ??= openWorld();
    const { machine, servers } = await world;
    const dataPlane = onAllNodes(machine);
    for (const { ip, agent } of servers) {
      dataPlane.replace(new Map([['ns/self', [port([{ ip, port: PORT }])]]]));
      assert.equal(await agent.ask(VIP, 80), ip);
      assert.equal(await agent.ask(VIP, 80, 'UDP'), 'refused', 'only TCP is served');
    }
    dataPlane.replace(new Map([['ns/self', []]]));
    dataPlane.close();
  });

  test('while endpoints change under load, no connection begun after a change goes where it was before', async () => {
    world ??= openWorld();
    const { machine, servers, clients } = await world;
    const dataPlane = onAllNodes(machine);
    const listedAt = (at: number) => servers[at % servers.length]!.ip;
    // Each connection may see one change while it is under way: two of the three servers, never the one before.
    const check = async (begun: number) => {
      const answered = await clients.pod.ask(VIP, 80);
      assert.ok([listedAt(begun), listedAt(begun + 1)].includes(answered), `${answered} was not listed any more`);
    };
    let underWay: Promise<void>[] = [];
    for (let step = 0; step < 60; step++) {
      dataPlane.replace(new Map([['ns/web', [port([{ ip: listedAt(step), port: PORT }])]]]));
      const begun = Array.from({ length: 8 }, () => check(step));
      await Promise.all(underWay);
      underWay = begun;
    }
    await Promise.all(underWay);
    dataPlane.replace(new Map([['ns/web', []]]));
    dataPlane.close();
  });

  test('a SYN that was never answered is retransmitted to an endpoint of now once the old one is flushed', async () => {
    world ??= openWorld();
    const { machine, servers, clients } = await world;
    const dataPlane = onAllNodes(machine);
    dataPlane.replace(new Map([['ns/web', [port([{ ip: SILENT_IP, port: PORT }])]]]));
    const waiting = clients.machine.ask(VIP, 80);
    await clients.machine.ask(servers[1]!.ip, PORT);
    dataPlane.replace(new Map([['ns/web', [port([{ ip: servers[1]!.ip, port: PORT }])]]]));
    await dataPlane.flushUnreplied(SILENT_IP);
    assert.equal(await waiting, servers[1]!.ip);
    dataPlane.replace(new Map([['ns/web', []]]));
    dataPlane.close();
  });
});

/** Rules on every node, changed together. */
function onAllNodes(machine: MachineNetwork): ProxyDataPlane {
  const all = machine.nodes.map((_, index) => openOn(machine, index));
  return {
    replace: (services) => all.forEach((one) => void one.replace(services)),
    services: () => all[0]!.services(),
    async flushUnreplied(podIP) {
      await Promise.all(all.map((one) => one.flushUnreplied(podIP)));
    },
    close: () => all.forEach((one) => void one.close()),
  };
}

function openOn(machine: MachineNetwork, index: number): ProxyDataPlane {
  const { namespace, ip, podCIDR } = machine.nodes[index]!;
  return openNftablesDataPlane({ namespace, nodeIPs: [ip], podCIDR, serviceCIDR: SERVICE_CIDR });
}

async function openWorld(): Promise<World> {
  const stack = new AsyncDisposableStack();
  const machine = stack.use(openMachineNetwork());
  for (const index of [1, 2, 3]) machine.addNode(index);
  const servers = [];
  for (const node of machine.nodes) {
    const { ip, networkNamespacePath } = await node.podNetwork.add('server');
    const agent = stack.use(await PodAgent.in(networkNamespacePath));
    await agent.serve(PORT, ip);
    servers.push({ ip, agent });
  }
  const pod = await machine.nodes[0]!.podNetwork.add('client');
  const clients = {
    pod: stack.use(await PodAgent.in(pod.networkNamespacePath)),
    node: stack.use(await PodAgent.in(machine.nodes[0]!.namespacePath)),
    machine: stack.use(await PodAgent.in('/proc/self/ns/net')),
  };
  return { machine, servers, clients, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function port(endpoints: ServicePortRules['endpoints'], options: Partial<ServicePortRules> = {}): ServicePortRules {
  const common = { portName: 'main', protocol: 'TCP', port: 80, addresses: [VIP], nodePort: undefined } as const;
  return { ...common, endpoints, externalEndpoints: endpoints, affinitySeconds: undefined, ...options };
}
