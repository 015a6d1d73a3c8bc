import { isJsonObject, type JsonObject } from '../api/patch/json.ts';
import { resolve, type Schema } from '../api/schema/schema.ts';

/** What was applied last, what is to be applied now, and what the cluster has. */
export interface ThreeWays {
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly current: JsonObject;
}

/**
 * The strategic merge patch that sets every field of `after` and takes back what only `before` names, in maps, in lists
 * that merge by a key, and in lists of scalars that merge. Without a schema it is a plain merge patch: lists as a whole.
 */
export function threeWayPatch({ before, after, current }: ThreeWays, schema: Schema | undefined): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const field = fieldOf(schema, key);
    const ways = { before: before[key], after: value, current: current[key] };
    if (isJsonObject(value)) patch[key] = mapPatch(ways, field);
    else if (Array.isArray(value) && field.merges) Object.assign(patch, listPatch(key, ways, field));
    else patch[key] = value;
  }
  return patch;
}

interface Ways {
  readonly before: unknown;
  readonly after: unknown;
  readonly current: unknown;
}

function mapPatch(ways: Ways, field: MapField): JsonObject {
  const [before, after, current] = [mapOf(ways.before), mapOf(ways.after), mapOf(ways.current)];
  const patch = threeWayPatch({ before, after, current }, field.schema);
  return field.retainsKeys && isJsonObject(ways.current) && isOfAnotherSort(after, current)
    ? { ...patch, $retainKeys: Object.keys(after) }
    : patch;
}

/** Whether one of several ways to be was changed for another, of which the old one's fields must not stay. */
function isOfAnotherSort(after: JsonObject, current: JsonObject): boolean {
  return Object.entries(after).some(
    ([key, value]) => !Object.hasOwn(current, key) || (typeof value !== 'object' && value !== current[key]),
  );
}

function listPatch(key: string, ways: Ways, field: Field): JsonObject {
  const [before, after, current] = [listOf(ways.before), listOf(ways.after), listOf(ways.current)];
  const { mergeKey } = field;
  if (mergeKey === undefined) {
    const gone = before.filter((item) => !after.includes(item));
    return { [key]: after, ...(gone.length > 0 ? { [`$deleteFromPrimitiveList/${key}`]: gone } : {}) };
  }
  const find = (list: readonly unknown[], id: unknown) => list.map(mapOf).find((item) => item[mergeKey] === id);
  const kept = after.map(mapOf).map((item) => {
    const id = item[mergeKey];
    return mapPatch({ before: find(before, id), after: item, current: find(current, id) }, field.items);
  });
  const gone = [...new Set(before.map((item) => mapOf(item)[mergeKey]))].filter((id) => !find(after, id));
  return { [key]: [...kept, ...gone.map((id) => ({ $patch: 'delete', [mergeKey]: id }))] };
}

interface MapField {
  readonly schema: Schema | undefined;
  readonly retainsKeys: boolean;
}

interface Field extends MapField {
  readonly merges: boolean;
  readonly mergeKey: string | undefined;
  /** Elements of a list. */
  readonly items: MapField;
}

function fieldOf(schema: Schema | undefined, key: string): Field {
  const property = schema?.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
  const strategies = property?.['x-kubernetes-patch-strategy']?.split(',') ?? [];
  const retainsKeys = strategies.includes('retainKeys');
  return {
    schema: property && resolve(property),
    retainsKeys,
    merges: strategies.includes('merge'),
    mergeKey: property?.['x-kubernetes-patch-merge-key'],
    items: { schema: property?.items && resolve(property.items), retainsKeys },
  };
}

function mapOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
