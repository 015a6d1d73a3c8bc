import { badRequest, type StatusError } from '../status.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** Keys by which a strategic merge patch says more than its values can. */
export const PATCH = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const SET_ELEMENT_ORDER = '$setElementOrder/';
export const DELETE_FROM_PRIMITIVE_LIST = '$deleteFromPrimitiveList/';

/** True for keys that steer the merge and are no fields themselves. */
export function isDirective(key: string): boolean {
  return (
    key === PATCH ||
    key === RETAIN_KEYS ||
    key.startsWith(SET_ELEMENT_ORDER) ||
    key.startsWith(DELETE_FROM_PRIMITIVE_LIST)
  );
}

/**
 * A value of a patch that meets nothing to be merged with: its directives and nulls are left out, and so are objects that
 * carry `$patch`, for they say what to do with something that is not there. Undefined when nothing is left.
 */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isJsonObject(value)) return value;
  return Object.hasOwn(value, PATCH) ? undefined : withoutDirectiveKeys(value);
}

/** The fields of `patch` itself, whatever `$patch` it carries. */
export function withoutDirectiveKeys(patch: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || isDirective(key)) continue;
    const kept = withoutDirectives(value);
    if (kept !== undefined) result[key] = kept;
  }
  return result;
}

/** `list` is the directive's own name: `setElementOrder list`, `primitive list`, `retainKeys`. */
export function badFormat(list: string): StatusError {
  return badRequest(`invalid patch format of ${list}`);
}

export function badPatchType(directive: unknown, map: JsonObject): StatusError {
  return badRequest(`unknown patch type: ${String(directive)} in map: ${JSON.stringify(map)}`);
}

export function noMergeKey(map: unknown, mergeKey: string): StatusError {
  return badRequest(`map: ${JSON.stringify(map)} does not contain declared merge key: ${mergeKey}`);
}
