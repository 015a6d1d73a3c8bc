import { applyPatch, type Operation } from 'rfc6902';
import { badRequest, StatusError } from '../status.ts';
import { isJsonObject, type JsonObject, jsonWord } from './json.ts';

const OPERATIONS_MAX = 10_000;
const KNOWN = ['add', 'copy', 'move', 'remove', 'replace', 'test'];

/**
 * `application/json-patch+json`, RFC 6902. `current` is not changed. A patch that cannot be read is a BadRequest; one that
 * cannot be applied, a failed `test` among them, is Invalid, with the reason in its causes.
 */
export function jsonPatch(current: JsonObject, patch: unknown): JsonObject {
  const operations = readOperations(patch);
  const root = { document: structuredClone(current) };
  for (const operation of operations) apply(root.document, operation);
  return root.document;
}

function readOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonWord(patch)} into Go value of type jsonpatch.Patch`,
    );
  }
  if (patch.length > OPERATIONS_MAX) {
    throw new StatusError(
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${OPERATIONS_MAX}, got ${patch.length}`,
    );
  }
  for (const operation of patch) {
    if (isJsonObject(operation)) continue;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonWord(operation)} into Go value of type jsonpatch.Operation`,
    );
  }
  return patch as Operation[];
}

function apply(document: JsonObject, operation: Operation): void {
  const { op, path } = operation;
  if (!KNOWN.includes(op)) throw refused(`Unexpected kind: ${op}`);
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw refused(`${op} operation does not apply: ${JSON.stringify(path)} is not the path of a field`);
  }
  if ((op === 'add' || op === 'replace' || op === 'test') && !Object.hasOwn(operation, 'value')) {
    throw refused(`${op} operation does not apply: missing value`);
  }
  if (op === 'move' || op === 'copy') {
    if (typeof operation.from !== 'string' || !reaches(document, operation.from, 'present')) {
      throw refused(`${op} operation does not apply: doc is missing from path: ${operation.from}: missing value`);
    }
  }
  const target = op === 'remove' || op === 'replace' || op === 'test' ? 'present' : 'insertable';
  const present = reaches(document, path, target);
  if (op === 'test') {
    if (!holds(document, operation, present)) throw refused(`testing value ${path} failed: test failed`);
    return;
  }
  if (!present) throw refused(`${op} operation does not apply: doc is missing path: ${path}: missing value`);
  const [error] = applyPatch(document, [operation]);
  if (error) throw refused(`${op} operation does not apply: ${error.message}`);
}

/** A test for null also holds where there is nothing. */
function holds(document: JsonObject, operation: Operation & { op: 'test' }, present: boolean): boolean {
  return present ? applyPatch(document, [operation])[0] === null : operation.value === null;
}

/** True when `path` leads to a value of the document's own (`present`), or to a place for one (`insertable`). */
function reaches(document: JsonObject, path: string, wanted: 'present' | 'insertable'): boolean {
  const keys = path.split('/').slice(1).map(keyOfToken);
  const last = keys.pop()!;
  let parent: unknown = document;
  for (const key of keys) {
    if (!hasOwn(parent, key)) return false;
    parent = (parent as JsonObject)[key];
  }
  if (wanted === 'present') return hasOwn(parent, last);
  if (Array.isArray(parent)) return last === '-' || (isIndex(last) && Number(last) <= parent.length);
  return isJsonObject(parent) && last !== '__proto__';
}

function hasOwn(container: unknown, key: string): boolean {
  if (Array.isArray(container)) return isIndex(key) && Number(key) < container.length;
  return isJsonObject(container) && Object.hasOwn(container, key);
}

function isIndex(key: string): boolean {
  return /^(0|[1-9]\d*)$/.test(key);
}

function keyOfToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function refused(message: string): StatusError {
  return new StatusError('Invalid', 'the server rejected our request due to an error in our request', {
    details: { causes: [{ reason: 'UnexpectedServerResponse', message, field: 'patch' }] },
  });
}
