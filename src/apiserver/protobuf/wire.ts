/** The bytes are no protobuf message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** One field as it is on the wire: a number for varints and doubles, bytes for everything with a length. */
export interface WireField {
  readonly number: number;
  readonly value: bigint | number | Uint8Array;
}

/** Reads the fields of a message in their order. Throws `WireError`. Protocol buffers encoding, version 2 and 3. */
export function* readFields(bytes: Uint8Array): Generator<WireField> {
  const reader = new Reader(bytes);
  while (!reader.atEnd) {
    const tag = Number(reader.varint());
    const number = tag >>> 3;
    if (number === 0) throw new WireError('a field has number 0');
    yield { number, value: readValue(reader, tag & 7) };
  }
}

/** The varints of a packed list. */
export function readPacked(bytes: Uint8Array): bigint[] {
  const reader = new Reader(bytes);
  const values: bigint[] = [];
  while (!reader.atEnd) values.push(reader.varint());
  return values;
}

function readValue(reader: Reader, wireType: number): WireField['value'] {
  switch (wireType) {
    case 0:
      return reader.varint();
    case 1:
      return new DataView(copyOf(reader.take(8))).getFloat64(0, true);
    case 2:
      return reader.take(Number(reader.varint()));
    case 5:
      return new DataView(copyOf(reader.take(4))).getFloat32(0, true);
    default:
      throw new WireError(`a field has wire type ${wireType}`);
  }
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.byteLength;
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.byteLength) throw new WireError('a field is longer than its message');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** A varint as a signed 64-bit number: how Kubernetes' integers, all signed, travel. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new WireError('a number is cut short');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new WireError('a number has more than 64 bits');
  }
}
