import { u32 } from '../../../linux/attribute.ts';
import { ipv4At, ipv4Bytes, ipv4Mask, ipv4Range } from '../../../linux/ipv4.ts';
import type { NetlinkMessage } from '../../../linux/netlink.ts';
import {
  addKeys,
  addRule,
  DataType,
  deleteTable,
  Hook,
  newChain,
  newSet,
  newTable,
  SetFlag,
} from '../../../linux/nftables.ts';
import {
  CtState,
  CtStatus,
  ctState,
  ctStatus,
  destinationAddress,
  destinationPort,
  differs,
  type Expression,
  equals,
  isIn,
  mask,
  masquerade,
  rejectByIcmp,
  rejectByReset,
  sourceAddress,
  sourceAddressKind,
  transportProtocol,
  Verdict,
  verdict,
  verdictOf,
} from '../../../linux/nftexpression.ts';

export const TABLE = 'segue';
/** ip daddr . protocol . port → the chain of a service's port. */
export const SERVICE_MAP = 'service-ips';
/** protocol . port → the same, for the node's own addresses. */
export const NODE_PORT_MAP = 'service-nodeports';
/** Where what nobody serves ends. */
export const REJECT_CHAIN = 'reject';

const SERVICES_CHAIN = 'services';
const HAIRPIN_SET = 'hairpin';
const IPPROTO_TCP = 6;
const RTN_LOCAL = 2;
/** Hook priorities of linux/netfilter_ipv4.h. */
const PRIORITY_DNAT = -100;
const PRIORITY_FILTER = 0;
const PRIORITY_SNAT = 100;
const HAIRPIN_ADDRESSES_MAX = 4096;

/** Where the rules are: what they must know of the node. */
export interface NodeAddresses {
  /** Addresses on which node ports are served. */
  readonly nodeIPs: readonly string[];
  readonly podCIDR: string;
  /** All of it is ours: what no service claims there is refused. */
  readonly serviceCIDR: string;
}

/** The messages that make the table anew, empty of services, whatever was in it. */
export function resetTable(node: NodeAddresses): NetlinkMessage[] {
  return [newTable(TABLE), deleteTable(TABLE), ...createTable(node, { exclusive: false })];
}

/** The messages that make the table; with `exclusive` refused (`EEXIST`) when there is one. */
export function createTable(node: NodeAddresses, options: { exclusive: boolean }): NetlinkMessage[] {
  const { ipv4Address, protocol, service } = DataType;
  const base = (name: string, type: 'nat' | 'filter', at: { hook: number; priority: number }) =>
    newChain(TABLE, name, { type, ...at });
  return [
    newTable(TABLE, options),
    newSet(TABLE, SERVICE_MAP, { key: [ipv4Address, protocol, service], flags: SetFlag.map }),
    newSet(TABLE, NODE_PORT_MAP, { key: [protocol, service], flags: SetFlag.map }),
    newSet(TABLE, HAIRPIN_SET, { key: [ipv4Address, ipv4Address] }),
    addKeys(TABLE, HAIRPIN_SET, hairpinKeys(node.podCIDR)),
    newChain(TABLE, REJECT_CHAIN),
    newChain(TABLE, SERVICES_CHAIN),
    base('prerouting', 'nat', { hook: Hook.prerouting, priority: PRIORITY_DNAT }),
    base('output', 'nat', { hook: Hook.output, priority: PRIORITY_DNAT }),
    base('postrouting', 'nat', { hook: Hook.postrouting, priority: PRIORITY_SNAT }),
    base('forward', 'filter', { hook: Hook.forward, priority: PRIORITY_FILTER }),
    ...rules(REJECT_CHAIN, rejectRules()),
    ...rules(SERVICES_CHAIN, serviceRules(node)),
    ...rules('prerouting', [[verdict(Verdict.jump, SERVICES_CHAIN)]]),
    ...rules('output', [[verdict(Verdict.jump, SERVICES_CHAIN)]]),
    ...rules('postrouting', masqueradeRules(node)),
    ...rules('forward', [[ctState(8), mask(8, u32(CtState.invalid)), differs(8, u32(0)), verdict(Verdict.drop)]]),
  ];
}

function rules(chain: string, list: readonly (readonly Expression[])[]): NetlinkMessage[] {
  return list.map((expressions) => addRule(TABLE, chain, expressions));
}

function rejectRules(): Expression[][] {
  return [[transportProtocol(8), equals(8, Buffer.from([IPPROTO_TCP])), rejectByReset()], [rejectByIcmp()]];
}

function serviceRules(node: NodeAddresses): Expression[][] {
  const nodePorts = node.nodeIPs.map((ip) => [
    destinationAddress(8),
    equals(8, ipv4Bytes(ip)),
    transportProtocol(8),
    destinationPort(9),
    verdictOf(NODE_PORT_MAP, 8),
  ]);
  return [
    [destinationAddress(8), transportProtocol(9), destinationPort(10), verdictOf(SERVICE_MAP, 8)],
    ...nodePorts,
    [destinationAddress(8), ...within(8, node.serviceCIDR), verdict(Verdict.goto, REJECT_CHAIN)],
  ];
}

/**
 * The source is replaced only where the answer would otherwise not come back this way: a pod that reaches itself, and
 * a client elsewhere whose endpoint is elsewhere too. All others keep their address.
 */
function masqueradeRules(node: NodeAddresses): Expression[][] {
  const translated = [ctStatus(8), mask(8, u32(CtStatus.destinationNat)), differs(8, u32(0))];
  return [
    [...translated, sourceAddress(8), destinationAddress(9), isIn(HAIRPIN_SET, 8), masquerade()],
    [
      ...translated,
      sourceAddress(8),
      ...outside(8, node.podCIDR),
      destinationAddress(8),
      ...outside(8, node.podCIDR),
      sourceAddressKind(8),
      differs(8, u32(RTN_LOCAL)),
      masquerade(),
    ],
  ];
}

function within(register: number, cidr: string): Expression[] {
  const range = ipv4Range(cidr);
  return [mask(register, ipv4Mask(range.prefixLength)), equals(register, ipv4Bytes(ipv4At(range, 0)))];
}

function outside(register: number, cidr: string): Expression[] {
  const range = ipv4Range(cidr);
  return [mask(register, ipv4Mask(range.prefixLength)), differs(register, ipv4Bytes(ipv4At(range, 0)))];
}

/** Each pod address paired with itself: nf_tables cannot compare two fields of a packet, but it can look both up. */
function hairpinKeys(podCIDR: string): Buffer[] {
  const range = ipv4Range(podCIDR);
  if (range.size > HAIRPIN_ADDRESSES_MAX) {
    throw new RangeError(
      `Cannot serve ${podCIDR} on one node: need a range of at most ${HAIRPIN_ADDRESSES_MAX} addresses`,
    );
  }
  return Array.from({ length: range.size }, (_, index) => {
    const address = ipv4Bytes(ipv4At(range, index));
    return Buffer.concat([address, address]);
  });
}
