import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { systemClock } from '../../base/system.ts';
import { inNetworkNamespace, openNetworkNamespace } from '../../linux/namespaces.ts';
import { NETLINK_ROUTE, NetlinkSocket } from '../../linux/netlink.ts';
import { links } from '../../linux/rtnetlink.ts';
import { inSandbox } from '../../linux/sandbox.fixture.ts';
import { type MachineNetwork, openMachineNetwork } from './machine.ts';
import { PodAgent } from './podagent.fixture.ts';

const PORT = 8080;

inSandbox(import.meta.filename, () => {
  test('pods of three nodes, the nodes and the machine reach every pod without address translation', async () => {
    await using stack = new AsyncDisposableStack();
    const machine = stack.use(openMachineNetwork());
    const nodes = [1, 2, 3].map((index) => machine.addNode(index));
    const places = ['/proc/self/ns/net', ...nodes.map((node) => node.namespacePath)];
    const pods = [];
    for (const node of nodes) for (const uid of ['a', 'b']) pods.push(await node.podNetwork.add(uid));
    const agents = [];
    for (const path of places) agents.push(stack.use(await PodAgent.in(path)));
    for (const pod of pods) {
      const agent = stack.use(await PodAgent.in(pod.networkNamespacePath));
      await agent.serve(PORT, pod.ip);
      agents.push(agent);
    }
    for (const pod of pods) {
      const tcp: string[] = await Promise.all(agents.map((agent) => agent.ask(pod.ip, PORT)));
      const udp: string[] = await Promise.all(agents.map((agent) => agent.ask(pod.ip, PORT, 'UDP')));
      assert.deepEqual(new Set([...tcp, ...udp]), new Set([pod.ip]));
    }
  });

  test('a node that joins later is reached, and one that left is not routed to', async () => {
    await using stack = new AsyncDisposableStack();
    const machine = stack.use(openMachineNetwork());
    const first = machine.addNode(1);
    const pod = await first.podNetwork.add('a');
    const client = stack.use(await PodAgent.in(pod.networkNamespacePath));
    const second = machine.addNode(7);
    assert.equal(second.ip, '172.30.0.17');
    assert.equal(second.podCIDR, '10.244.7.0/24');
    const other = await second.podNetwork.add('b');
    assert.equal(await client.ask(other.ip, PORT), 'refused', 'nobody listens, but the pod is there to say so');
    machine.removeNode(7);
    await assert.rejects(client.ask(other.ip, PORT), /ENETUNREACH|EHOSTUNREACH/);
    const again = machine.addNode(7);
    const { ip } = await again.podNetwork.add('c');
    assert.equal(await client.ask(ip, PORT), 'refused');
  });

  test('a node number that is taken or out of range is refused', () => {
    using machine = openMachineNetwork();
    machine.addNode(0);
    assert.throws(() => machine.addNode(0), /Cannot add node 0: there is one already/);
    assert.throws(() => machine.addNode(245), RangeError);
    assert.throws(() => machine.addNode(1.5), RangeError);
  });

  test('a second network in the same namespace is refused and leaves the first as it was', () => {
    using machine = openMachineNetwork();
    assert.throws(() => openMachineNetwork(), { code: 'EEXIST' });
    machine.addNode(1);
  });

  test('removing pods and closing leaves no device, no namespace and no open file', { timeout: 20_000 }, async () => {
    const filesBefore = namespaceFiles();
    {
      using machine = openMachineNetwork();
      const node = machine.addNode(1);
      const { inside, close } = insideNode(machine);
      const fresh = inside();
      for (let pod = 0; pod < 20; pod++) await node.podNetwork.add(`pod-${pod}`);
      assert.equal(inside().length, fresh.length + 20);
      for (let pod = 0; pod < 20; pod++) await node.podNetwork.remove(`pod-${pod}`);
      await until(() => inside().length === fresh.length);
      close();
      await node.podNetwork.add('left behind');
    }
    assert.deepEqual(namespaceFiles(), filesBefore);
    await until(() => linkNames().join() === 'lo');
  });
});

function insideNode(machine: MachineNetwork): { inside(): string[]; close(): void } {
  const { namespace } = machine.nodes[0]!;
  const socket = inNetworkNamespace(namespace, () => new NetlinkSocket(NETLINK_ROUTE));
  return { inside: () => links(socket).map((link) => link.name), close: () => socket.close() };
}

function linkNames(): string[] {
  const home = openNetworkNamespace('/proc/self/ns/net');
  const socket = inNetworkNamespace(home, () => new NetlinkSocket(NETLINK_ROUTE));
  const names = links(socket).map((link) => link.name);
  socket.close();
  home.close();
  return names;
}

/** Open files of this process that keep a namespace alive: namespaces, netlink sockets, counters. */
function namespaceFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return /^net:|\/net\/(snmp|netstat)$/.test(target) ? [target] : [];
    } catch (error) {
      // The directory's own descriptor is gone by now.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  });
}

/** Waits for the kernel, which takes namespaces apart in its own time. The test's time limit is the limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.turn();
}
