import type { SchemaPackage } from '../../src/api/schema/packages.ts';
import { SCALARS } from '../../src/api/schema/scalars.ts';
import type { Schema } from '../../src/api/schema/shape.ts';
import type { GoConstant, GoField, GoPackage, GoType, Markers } from './gosource.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Definitions = Record<string, Schema>;

const BASIC: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int: { type: 'integer', format: 'int32' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  uint8: { type: 'integer', format: 'byte' },
  uint16: { type: 'integer', format: 'int32' },
  uint32: { type: 'integer', format: 'int64' },
  uint64: { type: 'integer', format: 'int64' },
  float32: { type: 'number', format: 'float' },
  float64: { type: 'number', format: 'double' },
  '[]byte': { type: 'string', format: 'byte' },
  'interface{}': { 'x-kubernetes-preserve-unknown-fields': true },
};

/** OpenAPI names of types that are not in one of the generated packages. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'k8s.io/apimachinery/pkg/types.UID': 'string',
  'k8s.io/apimachinery/pkg/types.NodeName': 'string',
  'k8s.io/apimachinery/pkg/types.NamespacedName': 'string',
};

/** Turns Go types into definitions: every kind of the packages, and all that it refers to. */
export class Converter {
  readonly #packages: ReadonlyMap<string, { go: GoPackage; schema: SchemaPackage }>;
  readonly #done = new Map<string, Definitions>();

  constructor(packages: { go: GoPackage; schema: SchemaPackage }[]) {
    this.#packages = new Map(packages.map((found) => [found.go.path, found]));
  }

  /** Definitions of each package by the package's prefix, each sorted by name. */
  convert(): Map<string, Definitions> {
    for (const { go } of this.#packages.values()) {
      for (const type of go.types.values()) if (isKind(type)) this.#define(go, type);
    }
    return new Map([...this.#done].map(([prefix, found]) => [prefix, sorted(found)]));
  }

  #define(go: GoPackage, type: GoType): string {
    const prefix = this.#packages.get(go.path)!.schema.prefix;
    const name = `${prefix}.${type.name}`;
    const definitions = this.#done.get(prefix) ?? {};
    this.#done.set(prefix, definitions);
    if (SCALARS[name] || definitions[type.name]) return name;
    const schema: Mutable<Schema> & { properties: Record<string, Schema>; required: string[] } = {
      type: 'object',
      properties: {},
      required: [],
    };
    definitions[type.name] = schema;
    this.#addFields(go, type, schema);
    if (type.markers.get('structType')?.[0] === 'atomic') schema['x-kubernetes-map-type'] = 'atomic';
    if (isKind(type)) schema.isKind = true;
    schema.required.sort();
    if (schema.required.length === 0) delete (schema as Mutable<Schema>).required;
    return name;
  }

  #addFields(go: GoPackage, type: GoType, into: { properties: Record<string, Schema>; required: string[] }): void {
    for (const field of type.fields ?? []) {
      const [name, ...options] = (field.tags['json'] ?? '').split(',');
      if (name === '-' || field.tags['json'] === undefined) continue;
      if (name === '' && options.includes('inline')) {
        const inlined = this.#find(go, type, field.type.replace('*', ''));
        this.#addFields(inlined.go, inlined.type, into);
        continue;
      }
      into.properties[name!] = { ...this.#schemaOf(go, type, field.type), ...extensionsOf(go, field) };
      if (isRequired(field.markers, options)) into.required.push(name!);
    }
  }

  #schemaOf(go: GoPackage, owner: GoType, written: string): Schema {
    const type = written.replace(/^\*/, '');
    const basic = BASIC[type];
    if (basic) return basic;
    if (type.startsWith('[]')) return { type: 'array', items: this.#schemaOf(go, owner, type.slice(2)) };
    const map = /^map\[[\w.]+\](.+)$/.exec(type);
    if (map) return { type: 'object', additionalProperties: this.#schemaOf(go, owner, map[1]!) };
    const elsewhere = this.#elsewhere(owner, type);
    if (elsewhere) return elsewhere;
    const found = this.#find(go, owner, type);
    if (found.type.fields) return { $ref: this.#define(found.go, found.type) };
    return this.#named(found.go, found.type);
  }

  /** A type declared as another one: its shape, its enum values, and what Go calls it. */
  #named(go: GoPackage, type: GoType): Schema {
    const schema: Mutable<Schema> = {
      ...this.#schemaOf(go, type, type.underlying!),
      goType: `${lastSegment(go.path)}.${type.name}`,
    };
    if (type.markers.has('enum') || type.markers.has('k8s:enum')) {
      schema.enum = this.#enumOf(go, type);
    }
    return schema;
  }

  /** Sorted; the empty string stands for "not given" and is left out. */
  #enumOf(go: GoPackage, type: GoType): string[] {
    const constants = [...go.constants.values()].filter((constant) => constant.type === type.name);
    const values = new Set(constants.map((constant) => this.#valueOf(constant)).filter((value) => value !== ''));
    if (values.size === 0) throw new Error(`Cannot list the values of ${go.path}.${type.name}: found no constants`);
    return [...values].sort();
  }

  #valueOf(constant: GoConstant): string {
    if (constant.value !== undefined) return constant.value;
    const { path, name } = constant.reference!;
    const value = this.#packages.get(path)?.go.constants.get(name)?.value;
    if (value === undefined) throw new Error(`Cannot read a constant: found no value of ${path}.${name}`);
    return value;
  }

  #elsewhere(owner: GoType, type: string): Schema | undefined {
    const [alias, name] = type.split('.') as [string, string | undefined];
    const path = name === undefined ? undefined : owner.imports.get(alias);
    if (path === undefined || this.#packages.has(path)) return undefined;
    const basic = ELSEWHERE[`${path}.${name}`];
    if (basic) return { ...BASIC[basic], goType: `${lastSegment(path)}.${name}` };
    const definition = `${path.replace(/^k8s\.io/, 'io.k8s').replaceAll('/', '.')}.${name}`;
    if (SCALARS[definition]) return { $ref: definition };
    throw new Error(`Cannot convert ${type}: ${path} is not read, need it among the packages or the scalars`);
  }

  #find(go: GoPackage, owner: GoType, type: string): { go: GoPackage; type: GoType } {
    const [first, second] = type.split('.') as [string, string | undefined];
    const home = second === undefined ? go : this.#packages.get(owner.imports.get(first) ?? '')?.go;
    const found = home?.types.get(second ?? first);
    if (!home || !found) throw new Error(`Cannot convert ${go.path}.${owner.name}: found no type ${type}`);
    const alias = found.underlying && /^[\w.]+$/.test(found.underlying) && !BASIC[found.underlying];
    return alias ? this.#find(home, found, found.underlying!) : { go: home, type: found };
  }
}

function isKind(type: GoType): boolean {
  return Boolean(
    type.fields?.some((field) => /^(metav1\.)?TypeMeta$/.test(field.type) && field.tags['json'] === ',inline'),
  );
}

/** As kube-openapi decides: a marker wins over the tag's `omitempty`. */
function isRequired(markers: Markers, options: string[]): boolean {
  if (markers.has('required') || markers.has('k8s:required')) return true;
  if (markers.has('optional') || markers.has('k8s:optional')) return false;
  return !options.includes('omitempty') && !options.includes('omitzero');
}

function extensionsOf(go: GoPackage, field: GoField): Partial<Schema> {
  const marker = (name: string) => field.markers.get(name)?.[0];
  const extensions: Mutable<Schema> = {};
  const mergeKey = field.tags['patchMergeKey'] ?? marker('patchMergeKey');
  const strategy = field.tags['patchStrategy'] ?? marker('patchStrategy');
  const listType = marker('listType') ?? marker('k8s:listType');
  const listMapKeys = field.markers.get('listMapKey') ?? field.markers.get('k8s:listMapKey');
  const mapType = marker('mapType') ?? (marker('structType') === 'atomic' ? 'atomic' : undefined);
  const value = marker('default') ?? marker('kubebuilder:default');
  if (mergeKey) extensions['x-kubernetes-patch-merge-key'] = mergeKey;
  if (strategy) extensions['x-kubernetes-patch-strategy'] = strategy;
  if (listType) extensions['x-kubernetes-list-type'] = listType as 'atomic' | 'set' | 'map';
  if (listMapKeys) extensions['x-kubernetes-list-map-keys'] = listMapKeys;
  if (mapType) extensions['x-kubernetes-map-type'] = mapType as 'atomic' | 'granular';
  if (value !== undefined) extensions.default = defaultOf(go, value);
  return extensions;
}

function defaultOf(go: GoPackage, written: string): unknown {
  const reference = /^ref\((\w+)\)$/.exec(written)?.[1];
  if (reference === undefined) return JSON.parse(written);
  const constant = go.constants.get(reference);
  if (constant?.value === undefined)
    throw new Error(`Cannot read a default: found no constant ${reference} in ${go.path}`);
  return constant.value;
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function sorted(definitions: Definitions): Definitions {
  return Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
}
