import { conflict, invalid, type StatusError } from '../api/status.ts';
import type { KubeObject, ObjectMeta } from '../api/types/meta.ts';
import { timestamp } from '../base/clock.ts';
import type { Env } from '../base/env.ts';
import { nameSuffix } from '../base/random.ts';
import { equalJson } from './json.ts';
import { named, type Target } from './server.ts';

/** Longest generated name: the suffix takes five of 63 characters. */
const GENERATE_BASE_MAX = 58;

/** Draws a name when the client leaves it to the server. Returns whether it did. */
export function drawName(object: KubeObject, env: Env): boolean {
  const { name, generateName } = object.metadata;
  if (name || !generateName) return false;
  object.metadata.name = `${generateName.slice(0, GENERATE_BASE_MAX)}${nameSuffix(env.random)}`;
  return true;
}

/** Fills in what only the server knows about a new object, and drops what clients may not say about one. */
export function fillNewMetadata(object: KubeObject, options: { env: Env; generation: boolean }): void {
  const { metadata } = object;
  metadata.uid = options.env.random.uuid();
  metadata.creationTimestamp = timestamp(options.env.clock);
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.managedFields;
  delete (metadata as { selfLink?: string }).selfLink;
  delete (metadata as { resourceVersion?: string }).resourceVersion;
  if (options.generation) metadata.generation = 1;
  else delete metadata.generation;
  dropEmpty(metadata);
}

/** Carries over from `old` what no update may change. Absent uid and resourceVersion stand for the current ones. */
export function keepSystemMetadata(object: KubeObject, old: KubeObject): void {
  const { metadata } = object;
  const { uid, resourceVersion, creationTimestamp, generation } = old.metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds, generateName } = old.metadata;
  delete metadata.managedFields;
  delete (metadata as { selfLink?: string }).selfLink;
  const kept = { uid, resourceVersion, creationTimestamp, generation, generateName };
  for (const [field, value] of Object.entries({ ...kept, deletionTimestamp, deletionGracePeriodSeconds })) {
    if (value === undefined) delete (metadata as unknown as Record<string, unknown>)[field];
    else (metadata as unknown as Record<string, unknown>)[field] = value;
  }
  dropEmpty(metadata);
}

/** Throws Conflict when the client meant another state, or another object of the same name, than `old`. */
export function checkPreconditions(
  target: Target,
  old: KubeObject,
  wanted: { uid?: string | undefined; resourceVersion?: string | undefined },
): void {
  const { uid, resourceVersion } = old.metadata;
  if (wanted.uid && wanted.uid !== uid) {
    throw conflict(
      named(target),
      `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`,
    );
  }
  if (wanted.resourceVersion && wanted.resourceVersion !== '0' && wanted.resourceVersion !== resourceVersion) {
    throw modified(target);
  }
}

export function modified(target: Target): StatusError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(named(target), why);
}

/** Throws Invalid when an object that is being deleted is given new finalizers. */
export function checkFinalizers(target: Target, object: KubeObject, old: KubeObject): void {
  if (!old.metadata.deletionTimestamp) return;
  const before = new Set(old.metadata.finalizers);
  const added = (object.metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer));
  if (added.length === 0) return;
  const list = added.map((finalizer) => `"${finalizer}"`).join(', ');
  const why = 'no new finalizers can be added if the object is being deleted, found new finalizers';
  const { group, kind } = target.kind.resource;
  throw invalid({ group, kind, name: target.name }, [
    { reason: 'FieldValueForbidden', message: `Forbidden: ${why} []string{${list}}`, field: 'metadata.finalizers' },
  ]);
}

/** One more when the wish changed: anything but metadata and status. */
export function countGeneration(object: KubeObject, old: KubeObject): void {
  const { generation = 1 } = old.metadata;
  object.metadata.generation = equalJson(wish(object), wish(old)) ? generation : generation + 1;
}

function wish(object: KubeObject): Record<string, unknown> {
  const { metadata: _metadata, status: _status, ...rest } = object as KubeObject & { status?: unknown };
  return rest;
}

/** Empty maps and lists of the metadata are the same as none. */
function dropEmpty(metadata: ObjectMeta): void {
  for (const field of ['labels', 'annotations', 'ownerReferences', 'finalizers'] as const) {
    const value = metadata[field];
    if (value === null || (value !== undefined && Object.keys(value).length === 0)) delete metadata[field];
  }
}
