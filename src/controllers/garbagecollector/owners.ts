import type { KindRegistry } from '../../api/registry.ts';
import { isStatus } from '../../api/status.ts';
import type { KubeObject, OwnerReference } from '../../api/types/meta.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events.ts';
import type { GraphNode, OwnerGraph } from './graph.ts';
import { canOwn, isWaiting, type OwnerState } from './plan.ts';

const REMEMBERED_MAX = 4096;

/** What was found out about the owners of one object. */
export interface OwnerStates {
  readonly states: ReadonlyMap<string, OwnerState>;
  /** True when an answer rests on a single look at the server, with nothing to tell of a later change. */
  readonly isPolled: boolean;
}

/** Finds out whether the owners that objects name exist: from the graph, and where that does not know, by asking. */
export class Owners {
  readonly #client: Client;
  readonly #registry: KindRegistry;
  readonly #graph: OwnerGraph;
  readonly #recorder: EventRecorder;
  /** Uids that were there and are no more; they never come back. */
  readonly #gone = new Set<string>();

  constructor(client: Client, options: { registry: KindRegistry; graph: OwnerGraph; recorder: EventRecorder }) {
    this.#client = client;
    this.#registry = options.registry;
    this.#graph = options.graph;
    this.#recorder = options.recorder;
  }

  /** Remembers that the object with `uid` is gone for good. */
  forget(uid: string): void {
    const oldest = this.#gone.values().next().value;
    if (this.#gone.size >= REMEMBERED_MAX && oldest !== undefined) this.#gone.delete(oldest);
    this.#gone.add(uid);
  }

  async observe({ object }: GraphNode): Promise<OwnerStates> {
    const states = new Map<string, OwnerState>();
    let isPolled = false;
    for (const reference of object.metadata.ownerReferences ?? []) {
      const known = this.#known(object, reference);
      states.set(reference.uid, known ?? (await this.#ask(object, reference)));
      if (!known && states.get(reference.uid) !== 'gone') isPolled = true;
    }
    return { states, isPolled };
  }

  #known(object: KubeObject, reference: OwnerReference): OwnerState | undefined {
    if (this.#gone.has(reference.uid)) return 'gone';
    const owner = this.#graph.get(reference.uid)?.object;
    if (!owner) return undefined;
    if (canOwn(owner, object)) return isNamed(owner, reference) ? stateOf(owner) : undefined;
    this.#reportNamespace(object, reference);
    // An object of the whole cluster can name no object of a namespace: what it means cannot be looked up.
    return object.metadata.namespace === undefined ? 'unknown' : undefined;
  }

  /** Looks for the owner where the reference says it is: by kind and name, in the namespace of the dependent. */
  async #ask(object: KubeObject, reference: OwnerReference): Promise<OwnerState> {
    const { namespace } = object.metadata;
    const resource = this.#registry.byKind(reference.apiVersion, reference.kind)?.resource;
    if (!resource || (resource.namespaced && namespace === undefined)) return 'unknown';
    try {
      const where = resource.namespaced ? { namespace } : {};
      const owner = await this.#client.of(resource).get(reference.name, where);
      return owner.metadata.uid === reference.uid ? stateOf(owner) : 'gone';
    } catch (error) {
      if (isStatus(error, 'NotFound')) return 'gone';
      throw error;
    }
  }

  #reportNamespace(object: KubeObject, { apiVersion, kind, name, uid }: OwnerReference): void {
    const namespace = object.metadata.namespace ?? '';
    const identity = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
    this.#recorder.record(object, {
      type: 'Warning',
      reason: 'OwnerRefInvalidNamespace',
      message: `ownerRef ${identity} does not exist in namespace "${namespace}"`,
    });
  }
}

function stateOf(owner: KubeObject): OwnerState {
  return isWaiting(owner) ? 'waiting' : 'solid';
}

/** Whether the reference names its owner as it is. Versions may differ: one object is served in several. */
function isNamed(owner: KubeObject, reference: OwnerReference): boolean {
  const group = (apiVersion: string) => (apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '');
  return (
    owner.metadata.name === reference.name &&
    owner.kind === reference.kind &&
    group(owner.apiVersion) === group(reference.apiVersion)
  );
}
