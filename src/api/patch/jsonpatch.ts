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
  const document = structuredClone(current);
  for (const operation of operations) apply(document, operation);
  return document;
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
  checkForm(operation);
  if (op === 'test') {
    if (!holds(document, operation)) throw refused(`testing value ${path} failed: test failed`);
    return;
  }
  const done = lenient(document, operation);
  if ((done.op === 'move' || done.op === 'copy') && !reaches(document, done.from, 'present')) {
    throw refused(
      `${op} operation does not apply: doc is missing from path: ${JSON.stringify(done.from)}: missing value`,
    );
  }
  if (!reaches(document, path, done.op === 'remove' || done.op === 'replace' ? 'present' : 'insertable')) {
    throw refused(`${op} operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`);
  }
  const [error] = applyPatch(document, [done]);
  if (error) throw refused(`${op} operation does not apply: ${error.message}`);
}

function checkForm(operation: Operation): void {
  const { op, path } = operation;
  if (!KNOWN.includes(op)) throw refused(`Unexpected kind: ${op}`);
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw refused(`${op} operation does not apply: ${JSON.stringify(path)} is not the path of a field`);
  }
  if ((op === 'add' || op === 'replace' || op === 'test') && !Object.hasOwn(operation, 'value')) {
    throw refused(`${op} operation does not apply: missing value`);
  }
  if ((op === 'move' || op === 'copy') && typeof operation.from !== 'string') {
    throw refused(`${op} operation does not apply: missing from`);
  }
}

/**
 * Kubernetes takes less than RFC 6902 asks for: `replace` also sets a field that an object does not have, and `copy` of
 * such a field gives null.
 */
function lenient(document: JsonObject, operation: Operation): Operation {
  const { op, path } = operation;
  const parentIsObject = (pointer: string) => isJsonObject(parentOf(document, pointer).parent);
  if (op === 'replace' && parentIsObject(path) && !reaches(document, path, 'present')) {
    return { op: 'add', path, value: operation.value };
  }
  if (op === 'copy' && parentIsObject(operation.from) && !reaches(document, operation.from, 'present')) {
    return { op: 'add', path, value: null };
  }
  return operation;
}

/** A test for null also holds where there is nothing. */
function holds(document: JsonObject, operation: Operation & { op: 'test' }): boolean {
  if (!reaches(document, operation.path, 'present')) return operation.value === null;
  return applyPatch(document, [operation])[0] === null;
}

/** True when `path` leads to a value of the document's own (`present`), or to a place for one (`insertable`). */
function reaches(document: JsonObject, path: string, wanted: 'present' | 'insertable'): boolean {
  const { parent, key } = parentOf(document, path);
  if (wanted === 'present') return hasOwn(parent, key);
  if (Array.isArray(parent)) return key === '-' || (isIndex(key) && Number(key) <= parent.length);
  return isJsonObject(parent) && key !== '__proto__';
}

/** The value around the one that `path` names, undefined when there is none, and the last key of `path`. */
function parentOf(document: JsonObject, path: string): { parent: unknown; key: string } {
  const keys = path.split('/').slice(1).map(keyOfToken);
  const key = keys.pop() ?? '';
  let parent: unknown = document;
  for (const step of keys) parent = hasOwn(parent, step) ? (parent as JsonObject)[step] : undefined;
  return { parent, key };
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
