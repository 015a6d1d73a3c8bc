import { resolve } from '../schema/schema.ts';
import type { Schema } from '../schema/shape.ts';
import { badRequest } from '../status.ts';
import {
  badFormat,
  badPatchType,
  DELETE_FROM_PRIMITIVE_LIST,
  isDirective,
  PATCH,
  RETAIN_KEYS,
  SET_ELEMENT_ORDER,
  withoutDirectiveKeys,
  withoutDirectives,
} from './directives.ts';
import { isJsonObject, type JsonObject, jsonWord } from './json.ts';
import { identifyBy, orderMerged } from './listorder.ts';
import { checkOrderList, hasObjects, mergeList, rankingOf } from './strategiclist.ts';

/**
 * `application/strategic-merge-patch+json`: a merge patch that merges lists element by element where the schema has a
 * merge key, and that knows directives (`$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`).
 * Semantics of `k8s.io/apimachinery/pkg/util/strategicpatch`. Neither argument is changed; parts may be shared.
 */
export function strategicMergePatch(current: JsonObject, patch: unknown, schema: Schema): JsonObject {
  if (!isJsonObject(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonWord(patch)} into Go value of type map[string]interface {}`,
    );
  }
  return mergeObject(current, patch, schema);
}

function mergeObject(current: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  const directive = patch[PATCH];
  if (directive === 'replace') return withoutDirectiveKeys(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw badPatchType(directive, patch);
  const result = retainKeys(current, patch);
  const ordered = mergeOrderedLists(result, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    if (isDirective(key) || ordered.has(key)) continue;
    if (value === null) delete result[key];
    else put(result, key, mergeValue(result[key], value, fieldOf(schema, key)));
  }
  deleteFromPrimitiveLists(result, patch);
  return result;
}

function mergeValue(current: unknown, value: unknown, field: Field): unknown {
  if (isJsonObject(current) && isJsonObject(value)) {
    return field.strategy === 'replace' ? withoutDirectiveKeys(value) : mergeObject(current, value, field.schema);
  }
  if (Array.isArray(current) && Array.isArray(value) && field.strategy === 'merge') {
    return mergeList(current, value, listMergeOf(field));
  }
  return withoutDirectives(value);
}

function listMergeOf(field: Field) {
  const mergeElement = (element: JsonObject, patch: JsonObject) => mergeObject(element, patch, field.items);
  return { mergeKey: field.mergeKey, mergeElement };
}

/** A copy of `current` with only the fields that `$retainKeys` lists, when the patch has one. */
function retainKeys(current: JsonObject, patch: JsonObject): JsonObject {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return { ...current };
  const list = patch[RETAIN_KEYS];
  if (!Array.isArray(list)) throw badFormat('retainKeys');
  for (const [key, value] of Object.entries(patch)) {
    if (value !== null && !isDirective(key) && !list.includes(key)) throw badFormat('retainKeys');
  }
  return Object.fromEntries(Object.entries(current).filter(([key]) => list.includes(key)));
}

/** Merges the lists that come with a `$setElementOrder/…` and puts them in that order. Returns the fields it has done. */
function mergeOrderedLists(result: JsonObject, patch: JsonObject, schema: Schema): Set<string> {
  const done = new Set<string>();
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(SET_ELEMENT_ORDER)) continue;
    const key = directive.slice(SET_ELEMENT_ORDER.length);
    const value = patch[key];
    if (!Array.isArray(order) || value === null) throw badFormat('setElementOrder list');
    if (value === undefined && result[key] === undefined) continue;
    put(result, key, mergeOrdered(result[key], value, { order, field: fieldOf(schema, key) }));
    done.add(key);
  }
  return done;
}

function mergeOrdered(current: unknown, patch: unknown, options: { order: unknown[]; field: Field }): unknown[] {
  const { order, field } = options;
  const { mergeKey } = field;
  if ((current !== undefined && !Array.isArray(current)) || (patch !== undefined && !Array.isArray(patch))) {
    throw badFormat('setElementOrder list');
  }
  checkOrderList(patch ?? [], order, mergeKey);
  const merged = mergeUnordered(current, patch, field);
  hasObjects(current ?? [], patch ?? []);
  const ranked = current && patch && mergeKey && field.strategy === 'merge';
  const serverOrder = ranked ? rankingOf(current, patch, mergeKey) : (current ?? []);
  return orderMerged(merged, order, { serverOrder, identify: identifyBy(mergeKey) });
}

function mergeUnordered(current: unknown[] | undefined, patch: unknown[] | undefined, field: Field): unknown[] {
  if (patch === undefined) return current ?? [];
  if (current === undefined || field.strategy !== 'merge') return withoutDirectives(patch) as unknown[];
  return mergeList(current, patch, listMergeOf(field));
}

function deleteFromPrimitiveLists(result: JsonObject, patch: JsonObject): void {
  for (const [directive, gone] of Object.entries(patch)) {
    if (!directive.startsWith(DELETE_FROM_PRIMITIVE_LIST)) continue;
    const key = directive.slice(DELETE_FROM_PRIMITIVE_LIST.length);
    const current = result[key];
    if (!Array.isArray(gone)) throw badFormat('primitive list');
    if (Array.isArray(current)) result[key] = current.filter((element) => !gone.includes(element));
  }
}

function put(object: JsonObject, key: string, value: unknown): void {
  if (value === undefined) delete object[key];
  else object[key] = value;
}

/** What the schema says of a field: how it merges, by which key, and what it and its elements look like. */
interface Field {
  readonly strategy: string | undefined;
  readonly mergeKey: string | undefined;
  readonly schema: Schema;
  readonly items: Schema;
}

const UNKNOWN: Schema = {};

function fieldOf(schema: Schema, key: string): Field {
  const { properties, additionalProperties } = schema;
  const values = typeof additionalProperties === 'object' ? additionalProperties : UNKNOWN;
  const property = properties && Object.hasOwn(properties, key) ? properties[key]! : values;
  const strategies = property['x-kubernetes-patch-strategy']?.split(',') ?? [];
  return {
    strategy: strategies.find((strategy) => strategy !== 'retainKeys'),
    mergeKey: property['x-kubernetes-patch-merge-key'],
    schema: resolve(property),
    items: property.items ? resolve(property.items) : UNKNOWN,
  };
}
