import { isIPv4 } from 'node:net';

/** The 4 bytes of a dotted IPv4 address, in network order. Throws `RangeError` for anything else. */
export function ipv4Bytes(address: string): Buffer {
  if (!isIPv4(address)) throw new RangeError(`Cannot read ${JSON.stringify(address)} as an IPv4 address`);
  return Buffer.from(address.split('.').map(Number));
}

/** The dotted form of 4 bytes in network order. */
export function ipv4Text(bytes: Uint8Array): string {
  return bytes.join('.');
}

/** An IPv4 range such as `10.244.1.0/24`. */
export interface Ipv4Range {
  /** First address, as a number. */
  readonly first: number;
  /** How many addresses it holds. */
  readonly size: number;
  readonly prefixLength: number;
}

/** Throws `RangeError` unless `cidr` is a network address and a prefix length with no host bits set. */
export function ipv4Range(cidr: string): Ipv4Range {
  const [address = '', prefix = ''] = cidr.split('/');
  const prefixLength = Number(prefix);
  if (!/^\d{1,2}$/.test(prefix) || prefixLength > 32) throw new RangeError(`Cannot read ${cidr} as an IPv4 range`);
  const first = ipv4Bytes(address).readUInt32BE(0);
  const size = 2 ** (32 - prefixLength);
  if (first % size !== 0) throw new RangeError(`Cannot use ${cidr} as an IPv4 range: it has host bits set`);
  return { first, size, prefixLength };
}

/** The n-th address of a range, counted from 0. Throws `RangeError` beyond its end. */
export function ipv4At(range: Ipv4Range, index: number): string {
  if (index < 0 || index >= range.size)
    throw new RangeError(`Cannot take address ${index} of a range of ${range.size}`);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(range.first + index);
  return ipv4Text(bytes);
}

/** The netmask of a prefix length, as 4 bytes. */
export function ipv4Mask(prefixLength: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0);
  return bytes;
}
