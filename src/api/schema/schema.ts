import { readFileSync } from 'node:fs';
import { META_PACKAGE, SCHEMA_PACKAGES } from './packages.ts';
import { SCALARS } from './scalars.ts';
import { SEGUE_DEFINITIONS, SEGUE_PREFIX } from './segue.ts';
import type { Schema } from './shape.ts';

export type { Schema };

/** Parsed files of definitions by their prefix: each is read when something of it is first asked for. */
const loaded = new Map<string, Readonly<Record<string, Schema>>>();
const names = new WeakMap<Schema, string>();
const prefixes = new Map([
  ...SCHEMA_PACKAGES.map((found) => [found.apiVersion, found.prefix] as const),
  ['segue.dev/v1', SEGUE_PREFIX] as const,
]);

/** Schema of a built-in kind, or undefined when the kind is not known. `v1` and every group also know `meta/v1`'s kinds. */
export function schemaOf(apiVersion: string, kind: string): Schema | undefined {
  const name = definitionNameOf(apiVersion, kind);
  return name === undefined ? undefined : definition(name);
}

/** Name of the definition of a built-in kind, such as `io.k8s.api.apps.v1.Deployment`. */
export function definitionNameOf(apiVersion: string, kind: string): string | undefined {
  const prefix = prefixes.get(apiVersion);
  if (prefix === undefined) return undefined;
  for (const candidate of [prefix, META_PACKAGE.prefix]) {
    const found = definition(`${candidate}.${kind}`);
    if (found?.isKind) return `${candidate}.${kind}`;
  }
  return undefined;
}

/** The definition called `name`, such as `io.k8s.api.core.v1.PodSpec`. */
export function definition(name: string): Schema | undefined {
  const scalar = SCALARS[name];
  if (scalar) return scalar;
  const dot = name.lastIndexOf('.');
  const definitions = definitionsOf(name.slice(0, dot));
  return definitions && Object.hasOwn(definitions, name.slice(dot + 1)) ? definitions[name.slice(dot + 1)] : undefined;
}

/** Follows `$ref`, if there is one. A reference to nothing is a schema that allows everything. */
export function resolve(schema: Schema): Schema {
  return schema.$ref === undefined ? schema : (definition(schema.$ref) ?? {});
}

/** Name under which `schema` is a definition; undefined for one written in place, as CustomResourceDefinitions have them. */
export function nameOf(schema: Schema): string | undefined {
  return names.get(schema);
}

function definitionsOf(prefix: string): Readonly<Record<string, Schema>> | undefined {
  const known = loaded.get(prefix);
  if (known) return known;
  if (prefix === SEGUE_PREFIX) return keep(prefix, SEGUE_DEFINITIONS);
  const file = SCHEMA_PACKAGES.find((found) => found.prefix === prefix)?.file;
  if (file === undefined) return undefined;
  const definitions = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Record<string, Schema>;
  return keep(prefix, definitions);
}

function keep(prefix: string, definitions: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> {
  loaded.set(prefix, definitions);
  for (const [name, schema] of Object.entries(definitions)) names.set(schema, `${prefix}.${name}`);
  return definitions;
}
