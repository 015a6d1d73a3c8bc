import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { be32 } from './attribute.ts';
import { Conntrack } from './conntrack.ts';
import { bindUdp } from './listen.ts';
import { currentNetworkNamespace } from './namespaces.ts';
import { NETLINK_ROUTE, NetlinkSocket } from './netlink.ts';
import { addRule, Hook, NftablesSocket, newChain, newTable } from './nftables.ts';
import { ctState, differs } from './nftexpression.ts';
import { setUp } from './rtnetlink.ts';
import { inSandbox } from './sandbox.fixture.ts';

const SILENT = '127.0.0.2';
const ANSWERING = '127.0.0.3';
const PORT = 9000;

inSandbox(import.meta.filename, () => {
  for (const kernelSelects of [true, false]) {
    const how = kernelSelects ? 'by the kernel' : 'one by one';
    test(`unanswered flows to an address are forgotten, and no others, ${how}`, async () => {
      trackConnections();
      const conntrack = new Conntrack({ kernelSelects });
      await using flows = await openFlows();
      await flows.send();
      assert.equal(conntrack.count({ replySource: SILENT, unreplied: true }), 1);
      assert.equal(conntrack.count({ replySource: ANSWERING }), 1);
      await conntrack.delete({ replySource: ANSWERING, unreplied: true });
      assert.equal(conntrack.count({ replySource: ANSWERING }), 1, 'it was answered');
      await conntrack.delete({ replySource: SILENT, unreplied: true });
      assert.equal(conntrack.count({ replySource: SILENT }), 0);
      await conntrack.delete({ replySource: SILENT, unreplied: true });
      conntrack.deleteNow({ replySource: ANSWERING, protocol: 6 });
      assert.equal(conntrack.count({ replySource: ANSWERING }), 1, 'it is not TCP');
      conntrack.deleteNow({ replySource: ANSWERING, protocol: 17 });
      assert.equal(conntrack.count({ replySource: ANSWERING }), 0);
      conntrack.close();
    });
  }
});

/** The kernel tracks connections in a namespace from the first rule on that asks for them. */
function trackConnections(): void {
  const home = currentNetworkNamespace();
  const routes = new NetlinkSocket(NETLINK_ROUTE);
  routes.request([setUp(1)]);
  const rules = new NftablesSocket();
  rules.commit([
    newTable('track'),
    newChain('track', 'out', { type: 'filter', hook: Hook.output, priority: 0 }),
    addRule('track', 'out', [ctState(8), differs(8, be32(0))]),
  ]);
  for (const open of [rules, routes, home]) open.close();
}

async function openFlows(): Promise<AsyncDisposable & { send(): Promise<void> }> {
  const silent = createSocket('udp4');
  const answering = createSocket('udp4', (_data, from) => answering.send('!', from.port, from.address));
  const client = createSocket('udp4');
  silent.bind({ fd: bindUdp({ ip: SILENT, port: PORT }) });
  answering.bind({ fd: bindUdp({ ip: ANSWERING, port: PORT }) });
  return {
    async send() {
      const answer = once(client, 'message');
      client.send('?', PORT, SILENT);
      client.send('?', PORT, ANSWERING);
      await answer;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of [silent, answering, client]) socket.close();
    },
  };
}
