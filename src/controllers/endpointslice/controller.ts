import { controllerOf } from '../../api/owner.ts';
import { keyOf, splitKey } from '../../api/resource.ts';
import { endpointSlices, pods, services } from '../../api/resources.ts';
import { selects } from '../../api/servicepods.ts';
import { isStatus } from '../../api/status.ts';
import type { Pod, Service } from '../../api/types/core.ts';
import type { EndpointSlice } from '../../api/types/discovery.ts';
import type { Draft } from '../../api/types/meta.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { Informer, type Notification } from '../../client/informer.ts';
import { Reconciler } from '../../client/reconciler.ts';
import { Registration } from '../../gate/registration.ts';
import { Watermark } from '../../gate/watermark.ts';
import { MANAGED_BY, MANAGED_BY_LABEL, planSlices, SERVICE_NAME_LABEL, type SliceContent } from './plan.ts';

const NAME = 'endpointslice-controller';

/**
 * Publishes the pods behind each Service as EndpointSlices. It is the gate's publisher: its watermark over pods says up
 * to which pod change every slice is right, and `published` names its latest slice write.
 */
export class EndpointSliceController {
  readonly #client: Client;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #watermark = new Watermark();
  readonly #registration: Registration;
  readonly #reconciler: Reconciler;
  #published = 0;

  constructor(client: Client, options: { env: Env }) {
    const { env } = options;
    this.#client = client;
    this.#services = new Informer(client, services, { env });
    this.#pods = new Informer(client, pods, { env });
    this.#slices = new Informer(client, endpointSlices, { env, indexes: { service: serviceOf } });
    this.#reconciler = new Reconciler({
      env,
      name: NAME,
      reconcile: (key) => this.#reconcile(key),
      observer: this.#watermark,
      concurrency: 8,
    });
    this.#registration = new Registration(client, {
      env,
      name: NAME,
      spec: { component: NAME, role: 'Publisher' },
      watermark: this.#watermark,
      published: () => this.#published,
    });
  }

  async start(): Promise<void> {
    // A pod deleted after a Service's change may be found under that Service no more: until its slices are right, no
    // later revision of pods counts as acted on.
    this.#services.onChange(({ key }) => this.#reconciler.queue.add(key, this.#pods.revision + 1)).start();
    this.#slices.onChange(({ object, previous }) => this.#sliceChanged(object ?? previous)).start();
    await Promise.all([this.#services.synced, this.#slices.synced]);
    // Whatever an earlier life of this controller wrote is in this list, so it was published at or before it.
    this.#published = this.#slices.revision;
    this.#pods
      .onChange((change) => this.#podChanged(change))
      .onProgress((revision) => this.#watermark.observed(revision))
      .start();
    await this.#pods.synced;
    this.#reconciler.start();
    await this.#registration.start();
  }

  async stop(): Promise<void> {
    await this.#reconciler.stop();
    await Promise.all([this.#services.stop(), this.#pods.stop(), this.#slices.stop(), this.#registration.stop()]);
  }

  #podChanged({ object, previous, revision }: Notification<Pod>): void {
    const namespace = (object ?? previous)?.metadata.namespace;
    for (const service of this.#services.list(namespace)) {
      const touched = (object && selects(service, object)) || (previous && selects(service, previous));
      if (touched) this.#reconciler.queue.add(keyOf(service), revision);
    }
  }

  /** Somebody else's change of our slice is put right; our own finds nothing to do. */
  #sliceChanged(slice: EndpointSlice | undefined): void {
    if (slice?.metadata.labels?.[MANAGED_BY_LABEL] !== MANAGED_BY) return;
    for (const key of serviceOf(slice)) this.#reconciler.queue.add(key);
  }

  async #reconcile(key: string): Promise<undefined> {
    const service = this.#services.get(key);
    const slices = this.#slices
      .byIndex('service', key)
      .filter((slice) => slice.metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY);
    if (!service || service.metadata.deletionTimestamp) return this.#removeAll(slices);
    if (!service.spec.selector || service.spec.type === 'ExternalName') return undefined;
    const selected = this.#pods.list(service.metadata.namespace).filter((pod) => selects(service, pod));
    const isOwn = (slice: EndpointSlice) => controllerOf(slice)?.uid === service.metadata.uid;
    const plan = planSlices(service, selected, slices.filter(isOwn));
    for (const content of plan.create) await this.#create(service, content);
    for (const { slice, content } of plan.update) await this.#update(slice, content);
    // Slices of an earlier Service of this name go as well, and last, so that there is no moment without endpoints.
    return this.#removeAll([...plan.remove, ...slices.filter((slice) => !isOwn(slice))]);
  }

  async #removeAll(slices: readonly EndpointSlice[]): Promise<undefined> {
    for (const slice of slices) await this.#remove(slice);
    return undefined;
  }

  async #create(service: Service, content: SliceContent): Promise<void> {
    const { name, namespace, uid } = service.metadata;
    const draft: Draft<EndpointSlice> = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        generateName: `${name}-`,
        namespace: namespace as string,
        labels: content.labels,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true }],
      },
      addressType: 'IPv4',
      endpoints: content.endpoints,
      ports: content.ports,
    };
    this.#wrote(await this.#client.of(endpointSlices).create(draft));
  }

  async #update(slice: EndpointSlice, content: SliceContent): Promise<void> {
    const { labels, ports, endpoints } = content;
    const next = { ...slice, metadata: { ...slice.metadata, labels }, endpoints, ports };
    this.#wrote(await this.#client.of(endpointSlices).update(next));
  }

  async #remove(slice: EndpointSlice): Promise<void> {
    const { name, namespace, uid } = slice.metadata;
    try {
      const removed = await this.#client.of(endpointSlices).delete(name, { namespace, uid });
      const revision = Number(removed.metadata.resourceVersion);
      this.#slices.absorbRemoval(keyOf(slice), revision);
      this.#published = Math.max(this.#published, revision);
    } catch (error) {
      if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
    }
  }

  #wrote(slice: EndpointSlice): void {
    this.#slices.absorb(slice);
    this.#published = Math.max(this.#published, Number(slice.metadata.resourceVersion));
  }
}

function serviceOf(slice: EndpointSlice): string[] {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  return name ? [`${splitKey(keyOf(slice)).namespace}/${name}`] : [];
}
