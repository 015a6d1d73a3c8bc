import { alreadyExists, invalid, isStatus, notFound } from '../api/status.ts';
import type { KubeObject } from '../api/types/meta.ts';
import { ConditionError } from '../store/store.ts';
import type { Reservation } from './admission/admission.ts';
import { cloneJson, equalJson } from './json.ts';
import {
  checkFinalizers,
  countGeneration,
  drawName,
  fillNewMetadata,
  keepSystemMetadata,
  modified,
} from './metadata.ts';
import { named, type Server, type Target } from './server.ts';

/** How often a generated name that is taken is drawn again. */
const NAME_ATTEMPTS_MAX = 8;
/** How often a write without conditions is tried again on newer state. */
const UPDATE_RETRIES_MAX = 50;

/** Creates `draft` (changed in place), its namespace and schema already checked. Returns what is stored. */
export async function createObject(
  server: Server,
  kind: Target['kind'],
  draft: KubeObject,
  options: { dryRun: boolean },
): Promise<KubeObject> {
  for (let attempt = 1; ; attempt++) {
    const object = cloneJson(draft);
    const drawn = drawName(object, server.env);
    try {
      return await createNamed(server, kind, object, options);
    } catch (error) {
      if (!(error instanceof ConditionError || isStatus(error, 'AlreadyExists'))) throw error;
      if (!drawn || attempt >= NAME_ATTEMPTS_MAX) throw alreadyExists(named({ kind, name: object.metadata.name }));
    }
  }
}

async function createNamed(
  server: Server,
  kind: Target['kind'],
  object: KubeObject,
  options: { dryRun: boolean },
): Promise<KubeObject> {
  fillNewMetadata(object, { env: server.env, generation: kind.generation ?? false });
  kind.defaults?.(object);
  kind.prepareForCreate?.(object);
  throwInvalid({ kind, name: object.metadata.name }, kind.validate?.(object) ?? []);
  server.admission.checkCreate(kind, object);
  const existing = { kind, namespace: object.metadata.namespace, name: object.metadata.name };
  if (server.objects.get(kind, existing)) throw alreadyExists(named(existing));
  const reservation = server.admission.hookOf(kind).reserve?.(object, undefined);
  return keepOrGiveBack(reservation, options, async () =>
    options.dryRun ? object : server.objects.put(kind, object, { absent: true }),
  );
}

/** Which part of an object a write may change. */
export type Scope = 'main' | 'status' | 'whole';

export interface UpdateOptions {
  readonly dryRun: boolean;
  readonly scope: Scope;
  /** How often to begin again from newer state when another write came between. */
  readonly retriesMax?: number;
}

/**
 * Reads the object, lets `change` make the next state of it, checks that and writes it on the condition that nothing
 * came between; else it begins again with the newer state. `change` gets a copy it may keep, and throws to refuse.
 */
export async function updateObject(
  server: Server,
  target: Target,
  change: (copy: KubeObject, current: KubeObject) => KubeObject,
  options: UpdateOptions,
): Promise<KubeObject> {
  const retriesMax = options.retriesMax ?? UPDATE_RETRIES_MAX;
  let current = server.objects.get(target.kind, target);
  for (let attempt = 0; ; attempt++) {
    if (!current) throw notFound(named(target));
    const object = settle(target, change(cloneJson(current), current), { current, scope: options.scope });
    try {
      return await replace(server, target, object, { current, dryRun: options.dryRun });
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      if (attempt >= retriesMax) throw modified(target);
      // The newest state may not be durable yet; what is written on top of it becomes durable after it.
      current = error.current && server.objects.decode(error.current);
    }
  }
}

/** Makes a proposed state one that may be stored: system fields, scope of the write, defaults, validation. */
function settle(target: Target, proposed: KubeObject, options: { current: KubeObject; scope: Scope }): KubeObject {
  const { kind } = target;
  const { current, scope } = options;
  const object = limitTo(scope, proposed, current, kind.statusSubresource ?? false);
  keepSystemMetadata(object, current);
  kind.defaults?.(object);
  if (scope === 'main') kind.prepareForUpdate?.(object, current);
  checkFinalizers(target, object, current);
  // Subresources that change the whole object do what clients may not: their own code has checked the step.
  const step = scope === 'whole' ? [] : (kind.validateUpdate?.(object, current) ?? []);
  throwInvalid(target, [...(kind.validate?.(object) ?? []), ...step]);
  if (kind.generation) countGeneration(object, current);
  return object;
}

function limitTo(scope: Scope, proposed: KubeObject, current: KubeObject, hasStatus: boolean): KubeObject {
  const now = current as KubeObject & { status?: unknown };
  const next = proposed as KubeObject & { status?: unknown };
  if (scope === 'status') return withStatus(cloneJson(now), next.status);
  return scope === 'main' && hasStatus ? withStatus(next, cloneJson(now.status)) : next;
}

function withStatus(object: KubeObject & { status?: unknown }, status: unknown): KubeObject {
  if (status === undefined) delete object.status;
  else object.status = status;
  return object;
}

async function replace(
  server: Server,
  target: Target,
  object: KubeObject,
  options: { current: KubeObject; dryRun: boolean },
): Promise<KubeObject> {
  const { kind } = target;
  const { current, dryRun } = options;
  const hook = server.admission.hookOf(kind);
  const reservation = hook.reserve?.(object, current);
  return keepOrGiveBack(reservation, options, async () => {
    if (dryRun) return object;
    if (isOver(server, target, object)) return removeObject(server, target, current);
    if (equalJson(object, current)) return current;
    return server.objects.put(kind, object, { modRevision: Number(current.metadata.resourceVersion) });
  });
}

/** True when nothing holds an object that is being deleted any more. */
export function isOver(server: Server, target: Target, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (!deletionTimestamp || (deletionGracePeriodSeconds ?? 0) > 0) return false;
  if (finalizers && finalizers.length > 0) return false;
  return !server.admission.hookOf(target.kind).holdsDeletion?.(object);
}

/** Removes the object as it was read. Rejects with `ConditionError` when another write came between. */
export async function removeObject(server: Server, target: Target, current: KubeObject): Promise<KubeObject> {
  const removed = await server.objects.delete(target.kind, current);
  server.admission.hookOf(target.kind).released?.(removed);
  return removed;
}

async function keepOrGiveBack(
  reservation: Reservation | undefined,
  options: { dryRun: boolean },
  write: () => Promise<KubeObject>,
): Promise<KubeObject> {
  let kept = false;
  try {
    const stored = await write();
    kept = !options.dryRun;
    return stored;
  } finally {
    if (kept) reservation?.keep();
    else reservation?.giveBack();
  }
}

function throwInvalid(target: { kind: Target['kind']; name: string }, causes: Parameters<typeof invalid>[1]): void {
  const { group, kind } = target.kind.resource;
  if (causes.length > 0) throw invalid({ group, kind, name: target.name }, causes);
}
