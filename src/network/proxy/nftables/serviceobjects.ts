import type { Protocol } from '../../../api/types/core.ts';
import { ipv4Bytes } from '../../../linux/ipv4.ts';
import {
  destinationNat,
  type Expression,
  equals,
  isIn,
  randomBelow,
  remember,
  sourceAddress,
  Verdict,
  verdict,
} from '../../../linux/nftexpression.ts';
import type { RuleEndpoint, ServicePortRules } from '../dataplane.ts';
import { NODE_PORT_MAP, REJECT_CHAIN, SERVICE_MAP } from './table.ts';

/** What the kernel is to hold for one service: everything named, so that before and after can be compared. */
export interface ServiceObjects {
  readonly chains: ReadonlyMap<string, ServiceChain>;
  /** Sets of client addresses, one for each endpoint that keeps its clients. */
  readonly affinitySets: ReadonlySet<string>;
  readonly entries: readonly MapEntry[];
}

export interface ServiceChain {
  readonly endpoints: readonly RuleEndpoint[];
  readonly affinitySeconds: number | undefined;
  /** Start of the names of the port's affinity sets. */
  readonly affinityPrefix: string;
}

/** An element of a map of verdicts. */
export interface MapEntry {
  readonly map: string;
  readonly key: Buffer;
  readonly chain: string;
}

export const NO_OBJECTS: ServiceObjects = { chains: new Map(), affinitySets: new Set(), entries: [] };

const PROTOCOL_NUMBER: Record<Protocol, number> = { TCP: 6, UDP: 17, SCTP: 132 };

/** What `rules` need of the kernel. `service` is `namespace/name`; names may not hold what nft(8) could not read. */
export function serviceObjects(service: string, rules: readonly ServicePortRules[]): ServiceObjects {
  const chains = new Map<string, ServiceChain>();
  const affinitySets = new Set<string>();
  const entries: MapEntry[] = [];
  for (const port of rules) {
    const id = `${service}/${port.protocol.toLowerCase()}/${port.port}`;
    const affinityPrefix = `affinity-${id}/`;
    const chainOf = (prefix: string, endpoints: readonly RuleEndpoint[]) => {
      chains.set(`${prefix}-${id}`, { endpoints, affinitySeconds: port.affinitySeconds, affinityPrefix });
      if (port.affinitySeconds !== undefined) for (const to of endpoints) affinitySets.add(setName(affinityPrefix, to));
      return `${prefix}-${id}`;
    };
    const chain = chainOf('service', port.endpoints);
    for (const ip of port.addresses) entries.push({ map: SERVICE_MAP, key: serviceKey(ip, port), chain });
    if (port.nodePort === undefined) continue;
    const same = sameEndpoints(port.endpoints, port.externalEndpoints);
    const external = same ? chain : chainOf('external', port.externalEndpoints);
    entries.push({ map: NODE_PORT_MAP, key: portKey(port.protocol, port.nodePort), chain: external });
  }
  return { chains, affinitySets, entries };
}

/** IP protocol number. */
export function protocolNumber(protocol: Protocol): number {
  return PROTOCOL_NUMBER[protocol];
}

/** Rules for a chain: kept clients first, then a fair draw; without endpoints a refusal. */
export function chainRules(chain: ServiceChain): Expression[][] {
  const { endpoints } = chain;
  if (endpoints.length === 0) return [[verdict(Verdict.goto, REJECT_CHAIN)]];
  const kept = chain.affinitySeconds === undefined ? [] : endpoints.map((to) => keptClient(chain, to));
  // Rule i of n is reached by what the rules before it left, so 1 in (n - i) gives each endpoint the same share.
  const drawn = endpoints.map((to, index) => {
    const left = endpoints.length - index;
    const draw = left === 1 ? [] : [randomBelow(left, 8), equals(8, Buffer.alloc(4))];
    return [...draw, ...rememberClient(chain, to), ...destinationNat(to.ip, to.port)];
  });
  return [...kept, ...drawn];
}

/** True when both make the same rules. */
export function sameChain(a: ServiceChain, b: ServiceChain): boolean {
  return a.affinitySeconds === b.affinitySeconds && sameEndpoints(a.endpoints, b.endpoints);
}

function keptClient(chain: ServiceChain, to: RuleEndpoint): Expression[] {
  const set = setName(chain.affinityPrefix, to);
  return [sourceAddress(8), isIn(set, 8), ...rememberClient(chain, to), ...destinationNat(to.ip, to.port)];
}

function rememberClient(chain: ServiceChain, to: RuleEndpoint): Expression[] {
  if (chain.affinitySeconds === undefined) return [];
  return [sourceAddress(8), remember(setName(chain.affinityPrefix, to), 8, chain.affinitySeconds * 1000)];
}

function setName(prefix: string, endpoint: RuleEndpoint): string {
  return `${prefix}${endpoint.ip}/${endpoint.port}`;
}

function sameEndpoints(a: readonly RuleEndpoint[], b: readonly RuleEndpoint[]): boolean {
  return a.length === b.length && a.every((one, index) => one.ip === b[index]!.ip && one.port === b[index]!.port);
}

function serviceKey(ip: string, port: ServicePortRules): Buffer {
  return Buffer.concat([ipv4Bytes(ip), portKey(port.protocol, port.port)]);
}

/** Each part of a key fills 4 bytes. */
function portKey(protocol: Protocol, port: number): Buffer {
  const key = Buffer.alloc(8);
  key[0] = PROTOCOL_NUMBER[protocol];
  key.writeUInt16BE(port, 4);
  return key;
}
