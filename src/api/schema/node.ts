import { lenient } from './lenient.ts';
import { DURATION, INT_OR_STRING, MICRO_TIME, QUANTITY, SCALARS, TIME } from './scalars.ts';
import { nameOf, resolve } from './schema.ts';
import type { Schema } from './shape.ts';

/** A schema made ready for walking: references followed, names and sets looked up once. */
export type SchemaNode = StructNode | MapNode | ListNode | ScalarNode | { readonly kind: 'any' };

export interface StructNode {
  readonly kind: 'struct';
  /** `DeploymentSpec`: what Go calls it in errors. Empty for a schema without a name. */
  readonly name: string;
  readonly goType: string;
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly required: readonly string[];
  /** True when fields that are not listed are kept. */
  readonly open: boolean;
}

export interface MapNode {
  readonly kind: 'map';
  readonly goType: string;
  readonly values: SchemaNode;
}

export interface ListNode {
  readonly kind: 'list';
  readonly goType: string;
  readonly items: SchemaNode;
}

export interface ScalarNode {
  readonly kind: ScalarKind;
  readonly goType: string;
  readonly allowed: readonly string[] | undefined;
}

export type ScalarKind =
  | 'string'
  | 'bytes'
  | 'int32'
  | 'int64'
  | 'number'
  | 'boolean'
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime'
  | 'duration';

const ANY = { kind: 'any' } as const;
const SPECIAL: ReadonlyMap<Schema | undefined, ScalarKind> = new Map([
  [SCALARS[QUANTITY], 'quantity'],
  [SCALARS[INT_OR_STRING], 'intOrString'],
  [SCALARS[TIME], 'time'],
  [SCALARS[MICRO_TIME], 'microTime'],
  [SCALARS[DURATION], 'duration'],
]);
const nodes = new WeakMap<Schema, SchemaNode>();

/** The node of `schema`, made at first need. */
export function nodeOf(schema: Schema): SchemaNode {
  const target = resolve(schema);
  let node = nodes.get(target);
  if (!node) {
    node = build(target);
    nodes.set(target, node);
  }
  return node;
}

function build(schema: Schema): SchemaNode {
  const special = SPECIAL.get(schema) ?? (schema['x-kubernetes-int-or-string'] ? 'intOrString' : undefined);
  if (special) return { kind: special, goType: special, allowed: undefined };
  switch (schema.type) {
    case 'object':
      return objectNode(schema);
    case 'array': {
      const items = nodeOf(schema.items ?? {});
      return { kind: 'list', goType: schema.goType ?? `[]${goTypeOf(items)}`, items };
    }
    case 'string': {
      if (schema.format === 'byte') return { kind: 'bytes', goType: '[]uint8', allowed: undefined };
      return { kind: 'string', goType: schema.goType ?? 'string', allowed: schema.enum };
    }
    case 'integer': {
      const kind = schema.format === 'int32' ? 'int32' : 'int64';
      return { kind, goType: schema.goType ?? kind, allowed: undefined };
    }
    case 'number':
      return { kind: 'number', goType: 'float64', allowed: undefined };
    case 'boolean':
      return { kind: 'boolean', goType: 'bool', allowed: undefined };
    default:
      return ANY;
  }
}

function objectNode(schema: Schema): SchemaNode {
  const { properties, additionalProperties } = schema;
  if (!properties && typeof additionalProperties === 'object') {
    const values = nodeOf(additionalProperties);
    return { kind: 'map', goType: schema.goType ?? `map[string]${goTypeOf(values)}`, values };
  }
  const open = Boolean(schema['x-kubernetes-preserve-unknown-fields'] || additionalProperties === true);
  if (!properties) return open ? ANY : emptyStruct(schema);
  return structNode(schema, properties, open);
}

function emptyStruct(schema: Schema): SchemaNode {
  return structNode(schema, {}, false);
}

function structNode(schema: Schema, properties: Readonly<Record<string, Schema>>, open: boolean): StructNode {
  const [name, goType] = goNames(nameOf(schema));
  let made: ReadonlyMap<string, SchemaNode> | undefined;
  return {
    kind: 'struct',
    name,
    goType,
    required: (schema.required ?? []).filter((field) => !lenient(nameOf(schema), field)),
    open,
    // Schemas refer to themselves (JSONSchemaProps), so the fields' nodes wait until they are asked for.
    get properties() {
      made ??= new Map(Object.entries(properties).map(([field, found]) => [field, nodeOf(found)]));
      return made;
    },
  };
}

/** `io.k8s.api.apps.v1.DeploymentSpec` is `DeploymentSpec` and `v1.DeploymentSpec` in Go. */
function goNames(definition: string | undefined): [string, string] {
  if (definition === undefined) return ['', 'object'];
  const parts = definition.split('.');
  return [parts.at(-1)!, parts.slice(-2).join('.')];
}

function goTypeOf(node: SchemaNode): string {
  return node.kind === 'any' ? 'interface {}' : node.goType;
}
