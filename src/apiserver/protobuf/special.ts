import { readFields, WireError, type WireField } from './wire.ts';

/** JSON of the types that write themselves otherwise than their messages; undefined for an empty time. */
export function decodeSpecial(name: string, bytes: Uint8Array): unknown {
  const fields = new Map([...readFields(bytes)].map(({ number, value }) => [number, value]));
  switch (name) {
    case 'quantity':
      return text(fields.get(1));
    case 'time':
      return fields.size === 0 ? undefined : time(integer(fields.get(1)), integer(fields.get(2)));
    case 'duration':
      return duration(fields.get(1));
    case 'intorstring':
      return integer(fields.get(1)) === 1 ? text(fields.get(3)) : integer(fields.get(2));
    case 'raw':
      return raw(fields.get(1));
    default:
      throw new WireError(`type ${name} is not known`);
  }
}

/** RFC 3339; with microseconds when there are any, which only MicroTime has. */
function time(seconds: number, nanos: number): string {
  const atMs = seconds * 1_000;
  if (!Number.isFinite(atMs) || Math.abs(atMs) > 8.64e15) throw new WireError('a time is out of range');
  const whole = new Date(atMs).toISOString().slice(0, 19);
  return nanos === 0 ? `${whole}Z` : `${whole}.${String(Math.floor(nanos / 1_000)).padStart(6, '0')}Z`;
}

/** Go's notation, in seconds: `1.5s`. */
function duration(value: WireField['value'] | undefined): string {
  return `${integer(value) / 1e9}s`;
}

function raw(value: WireField['value'] | undefined): unknown {
  const json = text(value);
  if (json === '') return undefined;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new WireError(`raw JSON in a field cannot be read: ${String(error)}`, { cause: error });
  }
}

function integer(value: WireField['value'] | undefined): number {
  if (value instanceof Uint8Array) throw new WireError('bytes stand where a number is expected');
  return Number(value ?? 0);
}

function text(value: WireField['value'] | undefined): string {
  if (value === undefined) return '';
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  throw new WireError('a number stands where text is expected');
}
