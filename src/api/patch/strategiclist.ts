import { badRequest, StatusError } from '../status.ts';
import { badPatchType, noMergeKey, PATCH, withoutDirectiveKeys } from './directives.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { identifyBy, orderMerged } from './listorder.ts';

export interface ListMerge {
  readonly mergeKey: string | undefined;
  /** Merges an element of the patch into the one with the same merge key. */
  readonly mergeElement: (current: JsonObject, patch: JsonObject) => JsonObject;
}

/** Merges the list of a patch into a list whose strategy is `merge`. Neither is changed. */
export function mergeList(current: readonly unknown[], patch: readonly unknown[], options: ListMerge): unknown[] {
  if (!hasObjects(current, patch)) {
    const merged = [...new Set([...current, ...patch])];
    return orderMerged(merged, patch, { serverOrder: current, identify: identifyBy(undefined) });
  }
  const { mergeKey } = options;
  if (mergeKey === undefined) throw badRequest('cannot merge lists without merge key');
  const { kept, added } = applyElementDirectives(current as JsonObject[], patch as JsonObject[], mergeKey);
  const merged = mergeElements(kept, added, { mergeKey, mergeElement: options.mergeElement });
  return orderMerged(merged, added, { serverOrder: kept, identify: identifyBy(mergeKey) });
}

/**
 * The order by which Kubernetes ranks elements when a patch with `$setElementOrder` deletes some: it merges in place, so
 * what remains closes up and the first new elements take the places that became free.
 */
export function rankingOf(
  current: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
): readonly unknown[] {
  if (!patch.every(isJsonObject) || !current.every(isJsonObject)) return current;
  if (patch.some((element) => element[PATCH] === 'replace')) return current;
  const { kept, added } = applyElementDirectives(current, patch, mergeKey);
  const known = new Set(kept.map((element) => element[mergeKey]));
  return [...kept, ...added.filter((element) => !known.has(element[mergeKey]))].slice(0, current.length);
}

/** True for lists of objects, false for lists of scalars. All elements of both lists must be of one sort. */
export function hasObjects(...lists: (readonly unknown[])[]): boolean {
  const elements = lists.flat(1);
  if (lists.some((list) => list.some(Array.isArray))) {
    throw new StatusError('Invalid', 'lists of lists are not supported');
  }
  const sorts = new Set(elements.map((element) => (element === null ? 'null' : typeof element)));
  if (sorts.size > 1) throw badRequest(`list element types are not identical: ${JSON.stringify(lists)}`);
  return sorts.has('object');
}

/** Carries out `$patch: delete` and `$patch: replace` of a list's elements. */
function applyElementDirectives(
  current: readonly JsonObject[],
  patch: readonly JsonObject[],
  mergeKey: string,
): { kept: JsonObject[]; added: JsonObject[] } {
  let kept = [...current];
  const added: JsonObject[] = [];
  let replace = false;
  for (const element of patch) {
    const directive = element[PATCH];
    if (directive === undefined || directive === 'merge') added.push(element);
    else if (directive === 'replace') replace = true;
    else if (directive !== 'delete') throw badPatchType(directive, element);
    else if (!Object.hasOwn(element, mergeKey)) throw noMergeKey(element, mergeKey);
    else kept = kept.filter((other) => other[mergeKey] !== element[mergeKey]);
  }
  return replace ? { kept: added.map(withoutDirectiveKeys), added: [] } : { kept, added };
}

function mergeElements(
  kept: readonly JsonObject[],
  added: readonly JsonObject[],
  options: ListMerge & { mergeKey: string },
): JsonObject[] {
  const { mergeKey, mergeElement } = options;
  const merged = [...kept];
  for (const element of added) {
    if (!Object.hasOwn(element, mergeKey)) throw noMergeKey(element, mergeKey);
    const at = merged.findIndex((other) => other[mergeKey] === element[mergeKey]);
    if (at < 0) merged.push(withoutDirectiveKeys(element));
    else merged[at] = mergeElement(merged[at]!, element);
  }
  const nameless = merged.find((element) => !Object.hasOwn(element, mergeKey));
  if (nameless) throw noMergeKey(nameless, mergeKey);
  return merged;
}

/** Refuses a patch whose elements are not all in the order list, or stand in another order than there. */
export function checkOrderList(
  patch: readonly unknown[],
  order: readonly unknown[],
  mergeKey: string | undefined,
): void {
  if (patch.length === 0 || order.length === 0) return;
  const identify = identifyBy(mergeKey);
  let at = 0;
  for (const element of patch) {
    if (isJsonObject(element) && Object.hasOwn(element, PATCH)) continue;
    if (mergeKey !== undefined && isJsonObject(element) && !Object.hasOwn(element, mergeKey)) {
      throw noMergeKey(element, mergeKey);
    }
    while (at < order.length && identify(order[at]) !== identify(element)) at++;
    if (at++ >= order.length) {
      const lists = `${JSON.stringify(patch)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}`;
      throw badRequest(`The order in patch list:\n${lists}\n`);
    }
  }
}
