import { nodeOf, type SchemaNode, type StructNode } from './node.ts';
import type { Schema } from './shape.ts';

/**
 * `object` as Kubernetes' decoder would keep it: without the fields that `schema` does not know and without fields that are
 * null. `object` is never changed; what needs no change is shared with the result, up to the whole object.
 */
export function prune<T>(schema: Schema, object: T): T {
  return pruneValue(nodeOf(schema), object) as T;
}

function pruneValue(node: SchemaNode, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  switch (node.kind) {
    case 'struct':
      return Array.isArray(value) ? value : pruneStruct(node, value as Record<string, unknown>);
    case 'map':
      return Array.isArray(value) ? value : pruneMap(node.values, value as Record<string, unknown>);
    case 'list':
      return Array.isArray(value) ? pruneList(node.items, value) : value;
    default:
      return value;
  }
}

function pruneStruct(node: StructNode, value: Record<string, unknown>): Record<string, unknown> {
  let changed = false;
  const result: Record<string, unknown> = {};
  for (const field in value) {
    const known = node.properties.get(field);
    if (known ? value[field] === null || value[field] === undefined : !node.open) {
      changed = true;
      continue;
    }
    const kept = known ? pruneValue(known, value[field]) : value[field];
    if (kept !== value[field]) changed = true;
    result[field] = kept;
  }
  return changed ? result : value;
}

/** A null in a map of strings reads as the empty string: Go's zero value. */
function pruneMap(values: SchemaNode, value: Record<string, unknown>): Record<string, unknown> {
  let changed = false;
  const result: Record<string, unknown> = {};
  for (const key in value) {
    const kept = value[key] === null && values.kind === 'string' ? '' : pruneValue(values, value[key]);
    if (kept !== value[key]) changed = true;
    result[key] = kept;
  }
  return changed ? result : value;
}

function pruneList(items: SchemaNode, value: unknown[]): unknown[] {
  const result = value.map((item) => pruneValue(items, item));
  return result.some((item, at) => item !== value[at]) ? result : value;
}
