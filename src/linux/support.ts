import { existsSync } from 'node:fs';
import { be32, u32 } from './attribute.ts';
import { KernelAccessError, KernelError } from './kernelerror.ts';
import { createNetworkNamespace, inNetworkNamespace, type NetworkNamespace } from './namespaces.ts';
import { NETLINK_ROUTE, NetlinkSocket } from './netlink.ts';
import { addRule, Hook, NftablesSocket, newChain, newTable } from './nftables.ts';
import { differs, equals, masquerade, randomBelow, rejectByReset, sourceAddressKind } from './nftexpression.ts';
import { createBridge, createVeth, linkIndex } from './rtnetlink.ts';
import { TcpSocketWatch } from './sockdiag.ts';

/**
 * What the kernel lacks for nodes and pods, one line each saying what to do; empty when all is there. Tries everything
 * in a namespace of its own that is gone afterwards. To be asked with the rights the nodes will have: inside the
 * sandbox, where there is one.
 */
export function kernelSupport(): string[] {
  let namespace: NetworkNamespace;
  try {
    namespace = createNetworkNamespace();
  } catch (error) {
    if (error instanceof KernelAccessError || error instanceof KernelError) return [error.message];
    throw error;
  }
  try {
    return inNetworkNamespace(namespace, () => CHECKS.flatMap((check) => missing(check, namespace)));
  } finally {
    namespace.close();
  }
}

interface Check {
  readonly what: string;
  readonly need: string;
  try(namespace: NetworkNamespace): void;
}

const CHECKS: readonly Check[] = [
  { what: 'join pods by bridges and device pairs', need: 'modprobe bridge veth', try: tryLinks },
  {
    what: 'write service rules',
    need: 'modprobe nf_tables nft_chain_nat nft_numgen nft_masq nft_reject_ipv4 nft_fib_ipv4',
    try: tryRules,
  },
  { what: 'see bridged packets in service rules', need: 'modprobe br_netfilter', try: tryBridgeNetfilter },
  { what: "look at pods' sockets", need: 'modprobe tcp_diag', try: () => lookAtSockets() },
];

function missing(check: Check, namespace: NetworkNamespace): string[] {
  try {
    check.try(namespace);
    return [];
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return [`Cannot ${check.what}: ${error.message}, need ${check.need}`];
  }
}

function tryLinks(namespace: NetworkNamespace): void {
  const mac = (last: number) => Buffer.from([2, 0, 0, 0, 0, last]);
  const routes = new NetlinkSocket(NETLINK_ROUTE);
  try {
    routes.request([createBridge('probe0', mac(1))]);
    const peer = { name: 'probe2', index: 9, namespaceFd: namespace.fd, mac: mac(2) };
    routes.request([createVeth('probe1', { master: linkIndex(routes, 'probe0')!, peer })]);
  } finally {
    routes.close();
  }
}

function tryRules(): void {
  const rules = new NftablesSocket();
  const table = 'probe';
  try {
    rules.commit([
      newTable(table),
      newChain(table, 'in', { type: 'nat', hook: Hook.prerouting, priority: -100 }),
      newChain(table, 'out', { type: 'nat', hook: Hook.postrouting, priority: 100 }),
      addRule(table, 'in', [randomBelow(2, 8), equals(8, be32(0)), rejectByReset()]),
      addRule(table, 'out', [sourceAddressKind(8), differs(8, u32(2)), masquerade()]),
    ]);
  } finally {
    rules.close();
  }
}

function tryBridgeNetfilter(): void {
  if (existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables')) return;
  throw new KernelError('find net.bridge.bridge-nf-call-iptables', 2);
}

function lookAtSockets(): void {
  const watch = new TcpSocketWatch();
  try {
    watch.read();
  } finally {
    watch.close();
  }
}
