import { badRequest } from '../status.ts';
import { isJsonObject, type JsonObject, jsonWord } from './json.ts';

/** `application/merge-patch+json`, RFC 7386. Neither argument is changed; the result may share parts with both. */
export function mergePatch(current: JsonObject, patch: unknown): JsonObject {
  if (!isJsonObject(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonWord(patch)} into Go value of type map[string]interface {}`,
    );
  }
  return merged(current, patch);
}

function merged(target: unknown, patch: JsonObject): JsonObject {
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else
      result[key] = isJsonObject(value) ? merged(Object.hasOwn(result, key) ? result[key] : undefined, value) : value;
  }
  return result;
}
