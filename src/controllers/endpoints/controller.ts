import { keyOf, splitKey } from '../../api/resource.ts';
import { endpoints, pods, services } from '../../api/resources.ts';
import { selects } from '../../api/servicepods.ts';
import { isStatus } from '../../api/status.ts';
import type { Endpoints, Pod, Service } from '../../api/types/core.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { Reconciler } from '../../client/reconciler.ts';
import { planSubsets } from './plan.ts';

/** Keeps the old Endpoints object of each Service with a selector, for those who still read it. */
export class EndpointsController {
  readonly #client: Client;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #endpoints: Informer<Endpoints>;
  readonly #reconciler: Reconciler;

  constructor(client: Client, options: { env: Env }) {
    const { env } = options;
    this.#client = client;
    this.#services = new Informer(client, services, { env });
    this.#pods = new Informer(client, pods, { env });
    this.#endpoints = new Informer(client, endpoints, { env });
    this.#reconciler = new Reconciler({
      env,
      name: 'endpoints',
      reconcile: (key) => this.#reconcile(key),
      concurrency: 4,
    });
  }

  async start(): Promise<void> {
    const { queue } = this.#reconciler;
    this.#services.onChange(({ key }) => queue.add(key)).start();
    // Endpoints without a Service are somebody's own.
    this.#endpoints.onChange(({ key }) => this.#services.get(key) && queue.add(key)).start();
    await Promise.all([this.#services.synced, this.#endpoints.synced]);
    this.#pods
      .onChange(({ object, previous }) => {
        for (const service of this.#services.list((object ?? previous)?.metadata.namespace)) {
          const touched = (object && selects(service, object)) || (previous && selects(service, previous));
          if (touched) queue.add(keyOf(service));
        }
      })
      .start();
    await this.#pods.synced;
    this.#reconciler.start();
  }

  async stop(): Promise<void> {
    await this.#reconciler.stop();
    await Promise.all([this.#services.stop(), this.#pods.stop(), this.#endpoints.stop()]);
  }

  async #reconcile(key: string): Promise<undefined> {
    const service = this.#services.get(key);
    const current = this.#endpoints.get(key);
    if (!service || service.metadata.deletionTimestamp) return this.#removeOrphan(key, current);
    if (!service.spec.selector || service.spec.type === 'ExternalName') return undefined;
    const selected = this.#pods.list(service.metadata.namespace).filter((pod) => selects(service, pod));
    const subsets = planSubsets(service, selected);
    const labels = service.metadata.labels ?? {};
    if (current && same(current, subsets, labels)) return undefined;
    const { name, namespace } = service.metadata;
    const kind = { apiVersion: 'v1', kind: 'Endpoints' };
    const written = current
      ? await this.#client.of(endpoints).update({ ...current, metadata: { ...current.metadata, labels }, subsets })
      : await this.#client
          .of(endpoints)
          .create({ ...kind, metadata: { name, namespace: namespace as string, labels }, subsets });
    this.#endpoints.absorb(written);
    return undefined;
  }

  /** Endpoints go with their Service: they have no owner that the garbage collector could follow. */
  async #removeOrphan(key: string, current: Endpoints | undefined): Promise<undefined> {
    if (!current || this.#services.get(key)) return undefined;
    const { name, namespace } = splitKey(key);
    try {
      await this.#client.of(endpoints).delete(name, { namespace, uid: current.metadata.uid });
    } catch (error) {
      if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
    }
    return undefined;
  }
}

function same(current: Endpoints, subsets: Endpoints['subsets'], labels: Record<string, string>): boolean {
  const text = (value: unknown) => JSON.stringify(value);
  return text(current.subsets ?? []) === text(subsets) && text(current.metadata.labels ?? {}) === text(labels);
}
