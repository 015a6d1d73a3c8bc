/** Netlink attributes: length and type in host order (all machines Node runs on here are little-endian), padded to 4. */
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

/** One attribute with its payload. */
export function attribute(type: number, payload: Uint8Array): Buffer {
  return encode(type, [payload], payload.length);
}

/** An attribute that holds attributes, with the flag that newer kernels ask for. */
export function nested(type: number, ...parts: readonly Uint8Array[]): Buffer {
  return encode(
    type | NESTED,
    parts,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
}

/** Text with its terminating zero. */
export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

/** Host order, as rtnetlink has it. */
export function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** Network order, as netfilter has it. */
export function be16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** Network order, as netfilter has it. */
export function be32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** Network order, as netfilter has it. */
export function be64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** The attributes in `bytes` by type, without flags. Of a type that comes twice the last one is kept. */
export function attributes(bytes: Buffer): Map<number, Buffer> {
  return new Map(attributeList(bytes));
}

/** The attributes in `bytes` in order: the kernel's lists repeat one type. */
export function attributeList(bytes: Buffer): [type: number, payload: Buffer][] {
  const found: [number, Buffer][] = [];
  for (let offset = 0; offset + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(offset);
    if (length < 4) break;
    found.push([bytes.readUInt16LE(offset + 2) & TYPE_MASK, bytes.subarray(offset + 4, offset + length)]);
    offset += (length + 3) & ~3;
  }
  return found;
}

/** Text up to its terminating zero. */
export function textOf(payload: Buffer): string {
  const end = payload.indexOf(0);
  return payload.toString('utf8', 0, end < 0 ? payload.length : end);
}

function encode(type: number, parts: readonly Uint8Array[], payloadLength: number): Buffer {
  const length = 4 + payloadLength;
  const out = Buffer.alloc((length + 3) & ~3);
  out.writeUInt16LE(length, 0);
  out.writeUInt16LE(type, 2);
  let offset = 4;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
