import type { KindRegistry } from '../../api/registry.ts';
import { pathOf, type Resource } from '../../api/resource.ts';
import { namespaces } from '../../api/resources.ts';
import { isStatus, StatusError } from '../../api/status.ts';
import type { Namespace } from '../../api/types/core.ts';
import { timestamp } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { Reconciler } from '../../client/reconciler.ts';
import { Follower } from './follower.ts';
import { contentRounds, type Outcome, planConditions } from './plan.ts';

const FINALIZER = 'kubernetes';
/** Many objects that leave one after another are taken together. */
const COALESCE_MS = 250;

/** Empties namespaces that are being deleted and then lets them go, as `kubectl delete namespace` waits for. */
export class NamespaceController {
  readonly #client: Client;
  readonly #env: Env;
  readonly #registry: KindRegistry;
  readonly #namespaces: Informer<Namespace>;
  readonly #reconciler: Reconciler;
  readonly #followers = new Map<string, Follower>();

  constructor(client: Client, options: { env: Env; registry: KindRegistry }) {
    const { env, registry } = options;
    this.#client = client;
    this.#env = env;
    this.#registry = registry;
    this.#namespaces = new Informer(client, namespaces, { env });
    this.#reconciler = new Reconciler({
      env,
      name: 'namespace',
      reconcile: (key) => this.#reconcile(key),
      concurrency: 4,
    });
  }

  /** Resolves when every namespace has been seen and the work has begun. */
  async start(): Promise<void> {
    this.#namespaces
      .onChange(({ key, object }) => {
        if (!object || object.metadata.deletionTimestamp) this.#reconciler.queue.add(key);
      })
      .start();
    await this.#namespaces.synced;
    this.#reconciler.start();
  }

  async stop(): Promise<void> {
    await this.#reconciler.stop();
    await Promise.all([...this.#followers.values()].map((follower) => follower.stop()));
    this.#followers.clear();
    await this.#namespaces.stop();
  }

  async #reconcile(name: string): Promise<undefined> {
    const namespace = this.#namespaces.get(name);
    if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes(FINALIZER)) {
      await this.#forget(name);
      return;
    }
    const outcome = await this.#empty(name);
    const written = await this.#writeConditions(namespace, outcome.result);
    if (!written) return;
    const held = outcome.result.remaining.map(({ resource }) => resource);
    if (held.length > 0) await this.#followerOf(name).follow(held);
    if (outcome.error) throw outcome.error;
    if (held.length > 0) return;
    // A create that was let in just before the deletion is on its way through the store: the conditions were written
    // behind it, so that this second look sees it.
    if (await this.#isEmpty(name)) await this.#finalize(written);
    else this.#reconciler.queue.add(name);
  }

  /** Deletes what there is, round by round; a round begins when the one before has left nothing. */
  async #empty(namespace: string): Promise<{ result: Outcome; error: StatusError | undefined }> {
    const failures: StatusError[] = [];
    for (const round of contentRounds(this.#registry.all())) {
      const found = await Promise.all(round.map((resource) => this.#deleteAll(resource, namespace)));
      failures.push(...found.flatMap(({ error }) => error ?? []));
      const remaining = found.filter(({ objects }) => objects.length > 0);
      if (remaining.length > 0 || failures.length > 0) {
        return { result: { remaining, failures: failures.map(({ message }) => message) }, error: failures[0] };
      }
    }
    return { result: { remaining: [], failures: [] }, error: undefined };
  }

  async #deleteAll(
    resource: Resource,
    namespace: string,
  ): Promise<Outcome['remaining'][number] & { error: StatusError | undefined }> {
    let objects: Outcome['remaining'][number]['objects'] = [];
    try {
      objects = (await this.#client.of(resource).list({ namespace })).items;
      if (objects.some(({ metadata }) => !metadata.deletionTimestamp)) {
        const query = new URLSearchParams({ propagationPolicy: 'Background' });
        await this.#client.request({ method: 'DELETE', path: pathOf(resource, { namespace }), query });
        objects = (await this.#client.of(resource).list({ namespace })).items;
      }
      return { resource, objects, error: undefined };
    } catch (error) {
      if (error instanceof StatusError) return { resource, objects, error };
      throw error;
    }
  }

  async #isEmpty(namespace: string): Promise<boolean> {
    const resources = contentRounds(this.#registry.all()).flat();
    const lists = await Promise.all(
      resources.map((resource) => this.#client.of(resource).list({ namespace, limit: 1 })),
    );
    return lists.every(({ items }) => items.length === 0);
  }

  /** The namespace as it then is; undefined when it is gone. */
  async #writeConditions(namespace: Namespace, outcome: Outcome): Promise<Namespace | undefined> {
    const conditions = planConditions(namespace, outcome, timestamp(this.#env.clock));
    if (!conditions) return namespace;
    const { name, uid } = namespace.metadata;
    const patch = { metadata: { uid }, status: { conditions } };
    try {
      const written = await this.#client.of(namespaces).patch(name, patch, { subresource: 'status' });
      this.#namespaces.absorb(written);
      return written;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #finalize(namespace: Namespace): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    const object = { ...namespace, apiVersion: 'v1', kind: 'Namespace', spec: { ...namespace.spec, finalizers } };
    try {
      await this.#client.request({
        method: 'PUT',
        path: pathOf(namespaces, { name: namespace.metadata.name, subresource: 'finalize' }),
        headers: { 'content-type': 'application/json' },
        body: { object },
      });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  #followerOf(namespace: string): Follower {
    const known = this.#followers.get(namespace);
    if (known) return known;
    const { queue } = this.#reconciler;
    const follower = new Follower(this.#client, {
      env: this.#env,
      namespace,
      onChange: (isEmpty) => (isEmpty ? queue.add(namespace) : queue.addAfter(namespace, COALESCE_MS)),
    });
    this.#followers.set(namespace, follower);
    return follower;
  }

  async #forget(namespace: string): Promise<void> {
    const follower = this.#followers.get(namespace);
    this.#followers.delete(namespace);
    await follower?.stop();
  }
}
