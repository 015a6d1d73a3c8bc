import { definitionNameOf } from '../../api/schema/schema.ts';
import { badRequest, StatusError } from '../../api/status.ts';
import { type Field, type FieldType, fieldsOf, isSpecial } from './fields.ts';
import { decodeSpecial } from './special.ts';
import { readFields, readPacked, WireError, type WireField } from './wire.ts';

export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

/** Four bytes before every object in protobuf: `k8s` and a zero. */
const MAGIC = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);

/**
 * The JSON form of an object that a client sent in Kubernetes' protobuf: a `runtime.Unknown` that names the type and holds
 * the message. Go's client sends it for built-in kinds, `kubectl create` among them. Throws BadRequest.
 */
export function decodeProtobuf(bytes: Uint8Array): unknown {
  if (!MAGIC.every((byte, at) => bytes[at] === byte)) throw unreadable('it does not begin with k8s');
  try {
    return decodeEnvelope(bytes.subarray(MAGIC.byteLength));
  } catch (error) {
    if (error instanceof WireError) throw unreadable(error.message, error);
    throw error;
  }
}

function decodeEnvelope(bytes: Uint8Array): unknown {
  const fields = new Map([...readFields(bytes)].map(({ number, value }) => [number, value]));
  const type = new Map([...readFields(asBytes(fields.get(1)))].map(({ number, value }) => [number, value]));
  const apiVersion = asText(type.get(1));
  const kind = asText(type.get(2));
  const message = definitionNameOf(apiVersion, kind);
  if (!message || !fieldsOf(message)) {
    throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}" that can be read from protobuf`);
  }
  return { ...decodeMessage(message, asBytes(fields.get(2))), apiVersion, kind };
}

function decodeMessage(message: string, bytes: Uint8Array): Record<string, unknown> {
  const known = fieldsOf(message);
  if (!known) throw new WireError(`message ${message} is not known`);
  const out: Record<string, unknown> = {};
  for (const { number, value } of readFields(bytes)) {
    const field = known.get(number);
    if (field) addField(out, field, value);
  }
  return out;
}

function addField(out: Record<string, unknown>, field: Field, value: WireField['value']): void {
  const { name, type } = field;
  if (name === undefined) {
    Object.assign(out, decodeValue(type, value));
  } else if (type.form === 'list') {
    const items = (out[name] as unknown[] | undefined) ?? [];
    items.push(...decodeItems(type.of, value));
    out[name] = items;
  } else if (type.form === 'map') {
    out[name] = { ...(out[name] as object | undefined), ...decodeEntry(type.of, asBytes(value)) };
  } else {
    const decoded = decodeValue(type, value);
    // Go writes the zero of every plain field; in JSON such a field is left out.
    const isZero = decoded === '' || decoded === 0 || decoded === false;
    if (decoded !== undefined && (field.keepsZero || !isZero)) out[name] = decoded;
  }
}

function decodeItems(type: FieldType, value: WireField['value']): unknown[] {
  const isPacked =
    value instanceof Uint8Array && type.form === 'scalar' && (type.name === 'int' || type.name === 'bool');
  return isPacked ? readPacked(value).map((item) => decodeValue(type, item)) : [decodeValue(type, value)];
}

function decodeEntry(type: FieldType, bytes: Uint8Array): Record<string, unknown> {
  const parts = new Map([...readFields(bytes)].map(({ number, value }) => [number, value]));
  const value = parts.get(2);
  return { [asText(parts.get(1))]: value === undefined ? zeroOf(type) : decodeValue(type, value) };
}

function decodeValue(type: FieldType, value: WireField['value']): unknown {
  if (type.form === 'scalar') return decodeScalar(type.name, value);
  if (type.form === 'message') {
    return isSpecial(type.name) ? decodeSpecial(type.name, asBytes(value)) : decodeMessage(type.name, asBytes(value));
  }
  if (type.form === 'wrapped' && type.of.form === 'list') {
    const items = type.of.of;
    return [...readFields(asBytes(value))].flatMap((field) =>
      field.number === 1 ? decodeItems(items, field.value) : [],
    );
  }
  throw new WireError('a list or map stands where a value is expected');
}

function decodeScalar(name: string, value: WireField['value']): unknown {
  if (name === 'string') return asText(value);
  if (name === 'bytes') return Buffer.from(asBytes(value)).toString('base64');
  if (value instanceof Uint8Array) throw new WireError(`bytes stand where a ${name} is expected`);
  return name === 'bool' ? Number(value) !== 0 : Number(value);
}

function zeroOf(type: FieldType): unknown {
  if (type.form !== 'scalar') return type.form === 'wrapped' ? [] : {};
  if (type.name === 'bool') return false;
  return type.name === 'string' || type.name === 'bytes' ? '' : 0;
}

function asBytes(value: WireField['value'] | undefined): Uint8Array {
  if (value === undefined) return new Uint8Array();
  if (value instanceof Uint8Array) return value;
  throw new WireError('a number stands where a message is expected');
}

function asText(value: WireField['value'] | undefined): string {
  return new TextDecoder().decode(asBytes(value));
}

function unreadable(why: string, cause?: unknown): StatusError {
  return new StatusError('BadRequest', `the object provided is unrecognized (must be valid protobuf): ${why}`, {
    cause,
  });
}
