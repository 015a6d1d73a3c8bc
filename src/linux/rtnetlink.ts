import { attribute, attributes, nested, text, textOf, u8, u32 } from './attribute.ts';
import { type Ipv4Range, ipv4At, ipv4Bytes } from './ipv4.ts';
import { Flag, type NetlinkMessage, type NetlinkSocket } from './netlink.ts';

/** Messages of rtnetlink(7): links, addresses and routes. Each is sent by `NetlinkSocket.request`. */

const NEWLINK = 16;
const DELLINK = 17;
const GETLINK = 18;
const NEWADDR = 20;
const NEWROUTE = 24;
const DELROUTE = 25;
const AF_INET = 2;
const IFF_UP = 1;
const Ifla = { address: 1, ifname: 3, mtu: 4, master: 10, linkinfo: 18, netNsFd: 28 } as const;
const LinkInfo = { kind: 1, data: 2, slaveKind: 4, slaveData: 5 } as const;
const VETH_INFO_PEER = 1;
const BRPORT_HAIRPIN = 4;
const Rta = { dst: 1, oif: 4, gateway: 5 } as const;
const TABLE_MAIN = 254;
const PROTOCOL_BOOT = 3;
const SCOPE_UNIVERSE = 0;
const TYPE_UNICAST = 1;
const EMPTY = Buffer.alloc(0);

export interface Link {
  readonly index: number;
  readonly name: string;
}

/** A bridge that is up. Its `mac` is fixed: left to itself it changes as ports come and go, and neighbours lose it. */
export function createBridge(name: string, mac: Uint8Array): NetlinkMessage {
  const kind = nested(Ifla.linkinfo, attribute(LinkInfo.kind, text('bridge')));
  return newLink(`make the bridge ${name}`, linkHeader({ up: true }), [
    attribute(Ifla.ifname, text(name)),
    attribute(Ifla.address, mac),
    kind,
  ]);
}

export interface VethOptions {
  /** Index of the bridge that `name` becomes a port of. */
  readonly master: number;
  readonly peer: {
    readonly name: string;
    readonly namespaceFd: number;
    readonly mac: Uint8Array;
    readonly index: number;
  };
}

/** A pair of virtual devices: `name` here and up, its peer in another namespace and down. */
export function createVeth(name: string, options: VethOptions): NetlinkMessage {
  const { master, peer } = options;
  const other = nested(
    VETH_INFO_PEER,
    linkHeader({ index: peer.index }),
    attribute(Ifla.ifname, text(peer.name)),
    attribute(Ifla.netNsFd, u32(peer.namespaceFd)),
    attribute(Ifla.address, peer.mac),
  );
  return newLink(`make the device pair ${name} and ${peer.name}`, linkHeader({ up: true }), [
    attribute(Ifla.ifname, text(name)),
    attribute(Ifla.master, u32(master)),
    nested(Ifla.linkinfo, attribute(LinkInfo.kind, text('veth')), nested(LinkInfo.data, other)),
  ]);
}

/** Lets a bridge port send frames back to where they came from: a host that reaches itself by a translated address. */
export function allowHairpin(name: string): NetlinkMessage {
  const data = nested(LinkInfo.slaveData, attribute(BRPORT_HAIRPIN, u8(1)));
  const info = nested(Ifla.linkinfo, attribute(LinkInfo.slaveKind, text('bridge')), data);
  const body = Buffer.concat([linkHeader({}), attribute(Ifla.ifname, text(name)), info]);
  return { type: NEWLINK, flags: 0, body, doing: `allow hairpin on ${name}` };
}

export function setUp(index: number): NetlinkMessage {
  return { type: NEWLINK, flags: 0, body: linkHeader({ index, up: true }), doing: `bring up device ${index}` };
}

export function deleteLink(name: string): NetlinkMessage {
  const body = Buffer.concat([linkHeader({}), attribute(Ifla.ifname, text(name))]);
  return { type: DELLINK, flags: 0, body, doing: `delete the device ${name}` };
}

export function addAddress(index: number, address: string, prefixLength: number): NetlinkMessage {
  const header = Buffer.alloc(8);
  header[0] = AF_INET;
  header[1] = prefixLength;
  header.writeUInt32LE(index, 4);
  const bytes = ipv4Bytes(address);
  return {
    type: NEWADDR,
    flags: Flag.create | Flag.excl,
    body: Buffer.concat([header, attribute(2, bytes), attribute(1, bytes)]),
    doing: `give device ${index} the address ${address}/${prefixLength}`,
  };
}

export interface Route {
  /** Undefined for the default route. */
  readonly destination: Ipv4Range | undefined;
  readonly gateway: string;
}

/** Makes the route to `destination` what is given, whether there was one or not. */
export function replaceRoute(route: Route): NetlinkMessage {
  return {
    type: NEWROUTE,
    flags: Flag.create | Flag.replace,
    body: Buffer.concat([routeBody(route.destination), attribute(Rta.gateway, ipv4Bytes(route.gateway))]),
    doing: `route ${routeText(route.destination)} by ${route.gateway}`,
  };
}

export function deleteRoute(destination: Ipv4Range): NetlinkMessage {
  return {
    type: DELROUTE,
    flags: 0,
    body: routeBody(destination),
    doing: `delete the route to ${routeText(destination)}`,
  };
}

/** All devices of the socket's namespace. */
export function links(socket: NetlinkSocket): Link[] {
  const message = { type: GETLINK, flags: 0, body: linkHeader({}), doing: 'list the devices' };
  return socket.dump(message).map(({ body }) => ({
    index: body.readInt32LE(4),
    name: textOf(attributes(body.subarray(16)).get(Ifla.ifname) ?? EMPTY),
  }));
}

/** Index of the device called `name`; undefined when there is none. */
export function linkIndex(socket: NetlinkSocket, name: string): number | undefined {
  return links(socket).find((link) => link.name === name)?.index;
}

function newLink(doing: string, header: Buffer, parts: readonly Buffer[]): NetlinkMessage {
  return { type: NEWLINK, flags: Flag.create | Flag.excl, body: Buffer.concat([header, ...parts]), doing };
}

function linkHeader(options: { index?: number; up?: boolean }): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(options.index ?? 0, 4);
  header.writeUInt32LE(options.up ? IFF_UP : 0, 8);
  header.writeUInt32LE(options.up ? IFF_UP : 0, 12);
  return header;
}

function routeBody(destination: Ipv4Range | undefined): Buffer {
  const header = Buffer.alloc(12);
  header[0] = AF_INET;
  header[1] = destination?.prefixLength ?? 0;
  header[4] = TABLE_MAIN;
  header[5] = PROTOCOL_BOOT;
  header[6] = SCOPE_UNIVERSE;
  header[7] = TYPE_UNICAST;
  if (!destination) return header;
  return Buffer.concat([header, attribute(Rta.dst, ipv4Bytes(ipv4At(destination, 0)))]);
}

function routeText(destination: Ipv4Range | undefined): string {
  return destination ? `${ipv4At(destination, 0)}/${destination.prefixLength}` : 'everything else';
}
