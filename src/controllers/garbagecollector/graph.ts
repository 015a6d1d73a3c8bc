import type { Resource } from '../../api/resource.ts';
import type { KubeObject, OwnerReference } from '../../api/types/meta.ts';

/** An object as the collector knows it. The object is the server's own, shared and immutable. */
export interface GraphNode {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/**
 * Who owns whom, by uid. Filled from what informers bring, in any order: a dependent may come before its owner. Pure
 * bookkeeping, and each call says whose state must be looked at again.
 */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** Objects that name `uid` among their owners, rightly or not. */
  dependentsOf(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].map((dependent) => this.#nodes.get(dependent) as GraphNode);
  }

  /** Takes the newest state of an object. Returns the uids whose state must be looked at again. */
  put(node: GraphNode): string[] {
    const { uid } = node.object.metadata;
    const before = this.#nodes.get(uid);
    this.#nodes.set(uid, node);
    const owners = ownersOf(node.object);
    const lost = before ? ownersOf(before.object).filter(({ uid }) => !owners.some((one) => one.uid === uid)) : [];
    for (const owner of lost) this.#unlink(owner.uid, uid);
    for (const owner of owners) this.#link(owner.uid, uid);
    // An owner that waits for its dependents may be waiting for what has just been changed.
    const waiting = [...owners, ...lost].map((owner) => owner.uid).filter((owner) => this.#isDeleting(owner));
    return !before || matters(before.object, node.object) ? [uid, ...waiting] : [];
  }

  /** Forgets an object that is gone. Returns the uids whose state must be looked at again. */
  remove(uid: string): string[] {
    const node = this.#nodes.get(uid);
    if (!node) return [];
    this.#nodes.delete(uid);
    const owners = ownersOf(node.object).map((owner) => owner.uid);
    for (const owner of owners) this.#unlink(owner, uid);
    return [...(this.#dependents.get(uid) ?? []), ...owners.filter((owner) => this.#isDeleting(owner))];
  }

  #isDeleting(uid: string): boolean {
    return this.#nodes.get(uid)?.object.metadata.deletionTimestamp !== undefined;
  }

  #link(owner: string, dependent: string): void {
    const known = this.#dependents.get(owner);
    if (known) known.add(dependent);
    else this.#dependents.set(owner, new Set([dependent]));
  }

  #unlink(owner: string, dependent: string): void {
    const known = this.#dependents.get(owner);
    known?.delete(dependent);
    if (known?.size === 0) this.#dependents.delete(owner);
  }
}

export function ownersOf(object: KubeObject): readonly OwnerReference[] {
  return object.metadata.ownerReferences ?? [];
}

/** Only owners, finalizers and deletion matter to the collector: most changes of an object are none of its business. */
function matters(before: KubeObject, after: KubeObject): boolean {
  const facts = ({ metadata }: KubeObject) =>
    JSON.stringify([metadata.deletionTimestamp, metadata.finalizers, metadata.ownerReferences]);
  return facts(before) !== facts(after);
}
