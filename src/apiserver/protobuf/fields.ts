import fields from './fields.json' with { type: 'json' };

/**
 * Fields of each message by their numbers, made from the tags of Kubernetes' Go types by `scripts/protobuf.ts`. A field is
 * `name type`, `name* type` when a zero is kept, `< type` when the message is merged into its parent. A type is `string`,
 * `bool`, `int`, `double`, `bytes`, one of the special forms `quantity`, `time`, `duration`, `raw`, `intorstring`, or the
 * name of a message; before it `[` for a list, `{` for a map, `(` for a message that holds only a list.
 */
type FieldTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Field {
  readonly name: string | undefined;
  readonly keepsZero: boolean;
  readonly type: FieldType;
}

export type FieldType =
  | { readonly form: 'scalar'; readonly name: string }
  | { readonly form: 'message'; readonly name: string }
  | { readonly form: 'list' | 'map' | 'wrapped'; readonly of: FieldType };

const SCALARS = new Set(['string', 'bool', 'int', 'double', 'bytes']);
const SPECIALS = new Set(['quantity', 'time', 'duration', 'raw', 'intorstring']);

const TABLE: FieldTable = fields;
const messages = new Map<string, ReadonlyMap<number, Field>>();

/** Fields of a message by number, or undefined when there is no such message. */
export function fieldsOf(message: string): ReadonlyMap<number, Field> | undefined {
  const known = messages.get(message);
  if (known) return known;
  const raw = Object.hasOwn(TABLE, message) ? TABLE[message] : undefined;
  if (!raw) return undefined;
  const parsed = new Map(Object.entries(raw).map(([number, text]) => [Number(number), parseField(text)]));
  messages.set(message, parsed);
  return parsed;
}

/** True for the forms whose JSON differs from their message. */
export function isSpecial(name: string): boolean {
  return SPECIALS.has(name);
}

function parseField(text: string): Field {
  const [head = '', type = ''] = text.split(' ');
  const keepsZero = head.endsWith('*');
  const name = keepsZero ? head.slice(0, -1) : head;
  return { name: name === '<' ? undefined : name, keepsZero, type: parseType(type) };
}

function parseType(text: string): FieldType {
  const rest = text.slice(1);
  if (text.startsWith('[')) return { form: 'list', of: parseType(rest) };
  if (text.startsWith('{')) return { form: 'map', of: parseType(rest) };
  if (text.startsWith('(')) return { form: 'wrapped', of: parseType(rest) };
  return { form: SCALARS.has(text) ? 'scalar' : 'message', name: text };
}
