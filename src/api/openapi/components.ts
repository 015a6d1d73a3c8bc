import { META_PACKAGE, SCHEMA_PACKAGES } from '../schema/packages.ts';
import { definition } from '../schema/schema.ts';
import { SEGUE_PREFIX } from '../schema/segue.ts';
import type { Schema } from '../schema/shape.ts';
import { SEGUE_GROUP_VERSION } from '../types/segue.ts';
import type { GroupVersionKind, OpenApiSchema } from './types.ts';

const REFERENCE = '#/components/schemas/';
const apiVersions = new Map([
  ...SCHEMA_PACKAGES.map((found) => [found.prefix, found.apiVersion] as const),
  [SEGUE_PREFIX, SEGUE_GROUP_VERSION] as const,
]);

/** A reference to the definition `name` as it stands in a document. */
export function referenceTo(name: string): OpenApiSchema {
  return { $ref: REFERENCE + name };
}

/** The definitions called `roots` and all they refer to, sorted by name. `apiVersion` is the document's own. */
export function componentsOf(roots: Iterable<string>, apiVersion: string): Record<string, OpenApiSchema> {
  const schemas = new Map<string, OpenApiSchema>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const found = schemas.has(name) ? undefined : definition(name);
    if (!found) continue;
    const kinds = found.isKind ? kindsOf(name, apiVersion) : undefined;
    const extension = kinds ? { 'x-kubernetes-group-version-kind': kinds } : {};
    schemas.set(name, { ...render(found, waiting), ...extension });
  }
  return Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `schema` in OpenAPI's words. Adds the names it refers to to `references`. */
function render(schema: Schema, references: string[]): OpenApiSchema {
  const { $ref, goType: _goType, isKind: _isKind, properties, items, additionalProperties, ...rest } = schema;
  const result: Record<string, unknown> = { ...rest };
  if (properties) {
    result['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, render(property, references)]),
    );
  }
  if (items) result['items'] = render(items, references);
  if (typeof additionalProperties === 'object') {
    result['additionalProperties'] = render(additionalProperties, references);
  }
  if ($ref === undefined) return result;
  references.push($ref);
  // Nothing may stand beside a reference, so what does is put beside a list of one.
  return Object.keys(rest).length === 0 ? referenceTo($ref) : { allOf: [referenceTo($ref)], ...result };
}

/** Kinds of `meta/v1` belong to every group version; any other to that of its package. */
function kindsOf(name: string, apiVersion: string): GroupVersionKind[] {
  const dot = name.lastIndexOf('.');
  const [prefix, kind] = [name.slice(0, dot), name.slice(dot + 1)];
  if (prefix !== META_PACKAGE.prefix) return [{ ...groupVersionOf(apiVersions.get(prefix) ?? apiVersion), kind }];
  const shared = [...new Set(['v1', apiVersion])].map((found) => ({ ...groupVersionOf(found), kind }));
  return kind === 'Status' ? shared.slice(0, 1) : shared;
}

export function groupVersionOf(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}
