import type { Kind } from '../../api/kind.ts';
import type { KindRegistry } from '../../api/registry.ts';
import { events } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import { unreachable } from '../../base/assert.ts';
import type { Timer } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { EventRecorder } from '../../client/events.ts';
import { Informer } from '../../client/informer.ts';
import { Reconciler } from '../../client/reconciler.ts';
import { type GraphNode, OwnerGraph, ownersOf } from './graph.ts';
import { Owners } from './owners.ts';
import { type Action, planObject } from './plan.ts';

/** How often kinds that came or went at run time, and owners that no informer follows, are looked at. */
const POLL_MS = 30_000;

/** Deletes what has no owner any more, and carries out foreground and orphaning deletions. */
export class GarbageCollector {
  readonly #client: Client;
  readonly #env: Env;
  readonly #registry: KindRegistry;
  readonly #graph = new OwnerGraph();
  readonly #owners: Owners;
  readonly #informers = new Map<Kind, Informer<KubeObject>>();
  readonly #reconciler: Reconciler;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(client: Client, options: { env: Env; registry: KindRegistry }) {
    const { env, registry } = options;
    this.#client = client;
    this.#env = env;
    this.#registry = registry;
    const recorder = new EventRecorder(client, { env, component: 'garbage-collector-controller' });
    this.#owners = new Owners(client, { registry, graph: this.#graph, recorder });
    this.#reconciler = new Reconciler({
      env,
      name: 'garbagecollector',
      reconcile: (uid) => this.#reconcile(uid),
      concurrency: 16,
    });
  }

  /** Resolves when the whole graph is known and the work has begun. */
  async start(): Promise<void> {
    await this.#followKinds();
    this.#reconciler.start();
    this.#poll();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#reconciler.stop();
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }

  #poll(): void {
    this.#timer = this.#env.clock.timer(
      POLL_MS,
      () => {
        void this.#followKinds();
        this.#poll();
      },
      { background: true },
    );
  }

  /** Follows every kind that can be collected, those that came since the last time included. */
  async #followKinds(): Promise<void> {
    if (this.#stopped) return;
    const wanted = this.#registry.all().filter(isCollectable);
    const lost = [...this.#informers].filter(([kind]) => !wanted.includes(kind));
    for (const [kind, informer] of lost) {
      this.#informers.delete(kind);
      await informer.stop();
      for (const { metadata } of informer.list()) this.#removed(metadata.uid);
    }
    const fresh = wanted.filter((kind) => !this.#informers.has(kind)).map((kind) => this.#follow(kind));
    await Promise.all(fresh.map((informer) => informer.synced));
  }

  #follow(kind: Kind): Informer<KubeObject> {
    const { resource } = kind;
    const informer = new Informer(this.#client, resource, { env: this.#env });
    this.#informers.set(kind, informer);
    informer
      .onChange(({ object, previous }) => {
        if (previous && previous.metadata.uid !== object?.metadata.uid) this.#removed(previous.metadata.uid);
        if (object) this.#look(this.#graph.put({ resource, object }));
      })
      .start();
    return informer;
  }

  #removed(uid: string): void {
    this.#owners.forget(uid);
    this.#look(this.#graph.remove(uid));
  }

  #look(uids: readonly string[]): void {
    for (const uid of uids) this.#reconciler.queue.add(uid);
  }

  async #reconcile(uid: string): Promise<{ requeueAfterMs: number } | undefined> {
    const node = this.#graph.get(uid);
    if (!node) return undefined;
    const { states, isPolled } = await this.#owners.observe(node);
    const dependents = this.#graph.dependentsOf(uid);
    for (const action of planObject({ node, dependents, owners: states })) {
      if (!(await this.#apply(node, action))) return undefined;
    }
    return isPolled ? { requeueAfterMs: POLL_MS } : undefined;
  }

  /** Returns false when the object is gone, or another by now: what it became is looked at when its event comes. */
  async #apply(node: GraphNode, action: Action): Promise<boolean> {
    const owners = ownersOf(node.object);
    switch (action.type) {
      case 'look':
        this.#look(action.uids);
        return true;
      case 'orphan':
        await Promise.all(action.dependents.map((dependent) => this.#dropOwners(dependent, [uidOf(node)])));
        return true;
      case 'dropOwners':
        return this.#dropOwners(node, action.uids);
      case 'unblockOwners':
        await this.#patch(node, { ownerReferences: owners.map((one) => ({ ...one, blockOwnerDeletion: false })) });
        return false;
      case 'removeFinalizer': {
        const finalizers = node.object.metadata.finalizers?.filter((finalizer) => finalizer !== action.finalizer);
        return this.#patch(node, { finalizers: finalizers ?? [] });
      }
      case 'delete':
        return this.#delete(node, action.propagationPolicy);
      default:
        return unreachable(action);
    }
  }

  #dropOwners(node: GraphNode, uids: readonly string[]): Promise<boolean> {
    return this.#patch(node, { ownerReferences: ownersOf(node.object).filter(({ uid }) => !uids.includes(uid)) });
  }

  /** Changes the metadata of exactly the state that was decided on; a newer state refuses it and comes again. */
  async #patch({ resource, object }: GraphNode, change: object): Promise<boolean> {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    try {
      await this.#client.of(resource).patch(name, { metadata: { uid, resourceVersion, ...change } }, { namespace });
      return true;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      throw error;
    }
  }

  async #delete({ resource, object }: GraphNode, propagationPolicy: 'Background' | 'Foreground' | 'Orphan') {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    try {
      await this.#client.of(resource).delete(name, { namespace, uid, resourceVersion, propagationPolicy });
      return true;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      throw error;
    }
  }
}

function uidOf({ object }: GraphNode): string {
  return object.metadata.uid;
}

/** Events are no part of any ownership, and what lives in the server's memory goes by rules of its own. */
function isCollectable({ resource, verbs, virtual }: Kind): boolean {
  if (virtual || (resource.group === events.group && resource.resource === events.resource)) return false;
  return verbs.includes('list') && verbs.includes('watch') && verbs.includes('delete');
}
