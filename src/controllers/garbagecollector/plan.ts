import type { KubeObject, OwnerReference } from '../../api/types/meta.ts';
import { type GraphNode, ownersOf } from './graph.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/**
 * What an owner reference stands for. `solid`: the owner is there. `waiting`: it is being deleted and waits for its
 * dependents. `gone`: no such owner exists. `unknown`: nobody can tell, so it counts as there.
 */
export type OwnerState = 'solid' | 'waiting' | 'gone' | 'unknown';

/** What the collector knows of one object. */
export interface Observed {
  readonly node: GraphNode;
  readonly dependents: readonly GraphNode[];
  /** The state of each owner reference, by uid. */
  readonly owners: ReadonlyMap<string, OwnerState>;
}

export type Action =
  /** Takes the owner references with these uids off the object. */
  | { readonly type: 'dropOwners'; readonly uids: readonly string[] }
  /** Lets dependents live on: takes this owner off them. */
  | { readonly type: 'orphan'; readonly dependents: readonly GraphNode[] }
  | { readonly type: 'removeFinalizer'; readonly finalizer: typeof FOREGROUND | typeof ORPHAN }
  /** Sets blockOwnerDeletion to false in every owner reference: what would close a circle must not hold it. */
  | { readonly type: 'unblockOwners' }
  /** Looks at these again: they stand in the way of this object's end. */
  | { readonly type: 'look'; readonly uids: readonly string[] }
  | { readonly type: 'delete'; readonly propagationPolicy: 'Background' | 'Foreground' | 'Orphan' };

/** What is to be done for one object, in order. Later actions assume that earlier ones were done. */
export function planObject({ node, dependents, owners }: Observed): Action[] {
  const { metadata } = node.object;
  if (metadata.deletionTimestamp) return planDeleting(node, dependents);
  const references = ownersOf(node.object);
  if (references.length === 0) return [];
  const stateOf = ({ uid }: OwnerReference) => owners.get(uid) ?? 'unknown';
  const lasting = references.filter((reference) => ['solid', 'unknown'].includes(stateOf(reference)));
  const leaving = references.filter((reference) => ['gone', 'waiting'].includes(stateOf(reference)));
  if (leaving.length === 0) return [];
  if (lasting.length > 0) return [{ type: 'dropOwners', uids: leaving.map(({ uid }) => uid) }];
  const isAwaited = references.some((reference) => stateOf(reference) === 'waiting');
  if (isAwaited && dependents.length > 0) {
    const isCircle = dependents.some(({ object }) => isWaiting(object));
    const isBlocking = references.some(({ blockOwnerDeletion }) => blockOwnerDeletion === true);
    const unblock: Action[] = isCircle && isBlocking ? [{ type: 'unblockOwners' }] : [];
    return [...unblock, { type: 'delete', propagationPolicy: 'Foreground' }];
  }
  return [{ type: 'delete', propagationPolicy: ownPolicy(node.object) }];
}

/** True while `object` is being deleted and waits for its dependents to go first. */
export function isWaiting({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(FOREGROUND) ?? false);
}

/** Whether `owner` may own objects in the namespace of `dependent`: cluster-wide owners may own anything. */
export function canOwn(owner: KubeObject, dependent: KubeObject): boolean {
  return owner.metadata.namespace === undefined || owner.metadata.namespace === dependent.metadata.namespace;
}

function planDeleting(node: GraphNode, all: readonly GraphNode[]): Action[] {
  const { finalizers = [], uid } = node.object.metadata;
  const dependents = all.filter(({ object }) => canOwn(node.object, object));
  if (finalizers.includes(ORPHAN)) {
    const orphan: Action[] = dependents.length > 0 ? [{ type: 'orphan', dependents }] : [];
    return [...orphan, { type: 'removeFinalizer', finalizer: ORPHAN }];
  }
  if (!finalizers.includes(FOREGROUND)) return [];
  const blocking = dependents.filter(({ object }) =>
    ownersOf(object).some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true),
  );
  if (blocking.length === 0) return [{ type: 'removeFinalizer', finalizer: FOREGROUND }];
  return [{ type: 'look', uids: blocking.map(({ object }) => object.metadata.uid) }];
}

/** A finalizer that somebody has put on the object in advance says how its own dependents are to be treated. */
function ownPolicy({ metadata }: KubeObject): 'Background' | 'Foreground' | 'Orphan' {
  if (metadata.finalizers?.includes(ORPHAN)) return 'Orphan';
  return metadata.finalizers?.includes(FOREGROUND) ? 'Foreground' : 'Background';
}
