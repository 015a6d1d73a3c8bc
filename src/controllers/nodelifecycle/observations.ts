import type { Lease } from '../../api/types/coordination.ts';
import type { Node, Taint } from '../../api/types/core.ts';
import type { SeenTaint } from './eviction.ts';

interface Sighting {
  /** What the kubelet last said, as text: any change of it is a sign of life. */
  sign: string;
  heardAt: number;
  taints: Map<string, number>;
}

/**
 * When this controller itself saw things happen, in milliseconds of a clock of its caller's. Times that others wrote
 * down are compared for change only: their clocks may differ.
 */
export class Observations {
  readonly #sightings = new Map<string, Sighting>();
  readonly #missing = new Map<string, number>();

  /** How long the kubelet of `node` has been silent. */
  silentMs(node: Node, lease: Lease | undefined, now: number): number {
    const sign = signOfLife(node, lease);
    const known = this.#sightings.get(node.metadata.uid);
    if (!known) this.#sightings.set(node.metadata.uid, { sign, heardAt: now, taints: new Map() });
    else if (known.sign !== sign) Object.assign(known, { sign, heardAt: now });
    return now - (this.#sightings.get(node.metadata.uid)?.heardAt ?? now);
  }

  /** The NoExecute taints of `node`, each with how long it has been seen. */
  seenTaints(node: Node, now: number): SeenTaint[] {
    const known = this.#sightings.get(node.metadata.uid)?.taints ?? new Map<string, number>();
    const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
    const keys = new Set(taints.map(identity));
    for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    return taints.map((taint) => {
      const since = known.get(identity(taint)) ?? now;
      known.set(identity(taint), since);
      return { taint, seenForMs: now - since };
    });
  }

  /** Times the taints of `node` anew from when they are next seen. */
  forgetTaints(node: Node): void {
    this.#sightings.get(node.metadata.uid)?.taints.clear();
  }

  /** How long there has been no node called `name` although pods are bound to it. */
  missingMs(name: string, now: number): number {
    const since = this.#missing.get(name) ?? now;
    this.#missing.set(name, since);
    return now - since;
  }

  /** A node of that name is there, or no pod needs it any more. */
  settled(name: string): void {
    this.#missing.delete(name);
  }

  forget(uid: string): void {
    this.#sightings.delete(uid);
  }
}

function signOfLife(node: Node, lease: Lease | undefined): string {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  return `${lease?.metadata.uid ?? ''} ${lease?.spec?.renewTime ?? ''} ${ready?.lastHeartbeatTime ?? ''}`;
}

function identity({ key, value, effect }: Taint): string {
  return `${key}=${value ?? ''}:${effect}`;
}
