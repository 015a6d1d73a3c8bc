import { notFound } from '../../api/status.ts';
import type { KubeObject, ObjectMeta } from '../../api/types/meta.ts';
import { ConditionError } from '../../store/store.ts';
import { cloneJson, equalJson } from '../json.ts';
import { checkPreconditions } from '../metadata.ts';
import { respondObject } from '../render.ts';
import { named, type Server, type Target, type VerbHandler } from '../server.ts';
import { isOver, removeObject } from '../write.ts';
import { type DeleteOptions, deleteOptions } from './deleteoptions.ts';
import { targetOf } from './get.ts';

/**
 * DELETE of an object: removes it, or marks it as being deleted while a grace period or finalizers hold it. Answers with
 * the object as it now is, or last was, with the resourceVersion of the deletion.
 */
export const remove: VerbHandler = async (server, call) => {
  const object = await deleteObject(server, targetOf(call), deleteOptions(call));
  return respondObject(server.env, call, object);
};

/** Deletes one object, beginning again from newer state until no other write comes between. */
export async function deleteObject(server: Server, target: Target, options: DeleteOptions): Promise<KubeObject> {
  const hook = server.admission.hookOf(target.kind);
  let current = server.objects.get(target.kind, target);
  for (;;) {
    if (!current) throw notFound(named(target));
    checkPreconditions(target, current, options.preconditions);
    hook.checkDelete?.(current);
    const marked = mark(server, target, current, options);
    try {
      if (options.dryRun) return marked;
      if (isOver(server, target, marked)) return await removeObject(server, target, current);
      if (equalJson(marked, current)) return current;
      return await server.objects.put(target.kind, marked, { modRevision: Number(current.metadata.resourceVersion) });
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      current = error.current && server.objects.decode(error.current);
    }
  }
}

/** The object with what the deletion says about it: when it ends, how, and what holds it until then. */
function mark(server: Server, target: Target, current: KubeObject, options: DeleteOptions): KubeObject {
  const { kind } = target;
  const object = cloneJson(current);
  const { metadata } = object;
  setPropagation(metadata, options.propagationPolicy);
  const graceSeconds = kind.gracePeriodSeconds?.(object, options.gracePeriodSeconds) ?? 0;
  const isFirst = metadata.deletionTimestamp === undefined;
  if (isFirst) beginDeletion(metadata, { nowMs: server.env.clock.now(), graceSeconds });
  else shortenGrace(metadata, graceSeconds);
  if (isFirst && kind.generation) metadata.generation = (metadata.generation ?? 1) + 1;
  if (isFirst) server.admission.hookOf(kind).markDeleting?.(object);
  return object;
}

function beginDeletion(metadata: ObjectMeta, when: { nowMs: number; graceSeconds: number }): void {
  metadata.deletionTimestamp = rfc3339(when.nowMs + when.graceSeconds * 1_000);
  metadata.deletionGracePeriodSeconds = when.graceSeconds;
}

function rfc3339(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** A later delete may only bring the end nearer. The end is the beginning, which stays, plus the grace. */
function shortenGrace(metadata: ObjectMeta, graceSeconds: number): void {
  const known = metadata.deletionGracePeriodSeconds ?? 0;
  if (graceSeconds >= known || !metadata.deletionTimestamp) return;
  metadata.deletionTimestamp = rfc3339(Date.parse(metadata.deletionTimestamp) - (known - graceSeconds) * 1_000);
  metadata.deletionGracePeriodSeconds = graceSeconds;
}

/** How dependents are to be treated is written down as a finalizer, which the garbage collector removes when done. */
function setPropagation(metadata: ObjectMeta, policy: DeleteOptions['propagationPolicy']): void {
  if (policy === undefined) return;
  const others = (metadata.finalizers ?? []).filter((name) => name !== 'orphan' && name !== 'foregroundDeletion');
  const finalizers = [...others];
  if (policy === 'Orphan') finalizers.push('orphan');
  if (policy === 'Foreground') finalizers.push('foregroundDeletion');
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
}
