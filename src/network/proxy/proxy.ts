import { endpointSlices, services } from '../../api/resources.ts';
import type { Service } from '../../api/types/core.ts';
import type { EndpointSlice } from '../../api/types/discovery.ts';
import { type BackoffPolicy, backoffMs } from '../../base/backoff.ts';
import type { Timer } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { Registration } from '../../gate/registration.ts';
import { Watermark } from '../../gate/watermark.ts';
import { DataPlaneError, type ProxyDataPlane, type ServicePortRules } from './dataplane.ts';
import { planService } from './plan.ts';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
const BACKOFF: BackoffPolicy = { baseMs: 10, maxMs: 5_000 };

export interface ServiceProxyOptions {
  readonly env: Env;
  readonly nodeName: string;
  readonly dataPlane: ProxyDataPlane;
}

/**
 * The service proxy of one node: keeps the kernel's rules what Services and EndpointSlices say, and states how far it
 * has come. All that changed in one batch of events goes to the kernel in one atomic step, and only what the kernel has
 * acknowledged counts for the watermark.
 */
export class ServiceProxy {
  readonly #env: Env;
  readonly #nodeName: string;
  readonly #dataPlane: ProxyDataPlane;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #watermark = new Watermark();
  readonly #registration: Registration;
  readonly #dirty = new Set<string>();
  /** Those of the dirty ones that the kernel refused: tried again after a while, or when they change. */
  readonly #refused = new Set<string>();
  #synced = false;
  #failures = 0;
  #retry: Timer | undefined;

  constructor(client: Client, options: ServiceProxyOptions) {
    const { env, nodeName, dataPlane } = options;
    this.#env = env;
    this.#nodeName = nodeName;
    this.#dataPlane = dataPlane;
    this.#services = new Informer(client, services, { env });
    this.#slices = new Informer(client, endpointSlices, { env, indexes: { service: servicesOf } });
    this.#registration = new Registration(client, {
      env,
      name: `${nodeName}.proxy`,
      spec: { component: 'proxy', nodeName, role: 'Consumer' },
      watermark: this.#watermark,
    });
  }

  /** Resolves when the rules of everything that exists are in the kernel. */
  async start(): Promise<void> {
    await this.#registration.start();
    this.#services.onChange(({ key }) => this.#changed(key)).onProgress(() => this.#flush());
    this.#slices
      .onChange(({ object, previous, revision }) => {
        for (const slice of [object, previous]) if (slice) this.#sliceChanged(slice, revision);
      })
      .onProgress(() => this.#flush());
    this.#services.start();
    this.#slices.start();
    await Promise.all([this.#services.synced, this.#slices.synced]);
    this.#synced = true;
    this.#flush();
  }

  /** Stops following. The rules stay, as they were, until the data plane itself is closed. */
  async stop(): Promise<void> {
    this.#retry?.cancel();
    await Promise.all([this.#services.stop(), this.#slices.stop()]);
    await this.#registration.stop();
  }

  /** How far the rules are: the resourceVersion of EndpointSlices up to which the kernel has been told everything. */
  get watermark(): number {
    return this.#watermark.value;
  }

  #sliceChanged(slice: EndpointSlice, revision: number): void {
    for (const key of servicesOf(slice)) {
      this.#changed(key);
      this.#watermark.changed(key, revision);
    }
  }

  #changed(key: string): void {
    this.#dirty.add(key);
    this.#refused.delete(key);
  }

  #flush(): void {
    if (!this.#synced) return;
    const keys = [...this.#dirty].filter((key) => !this.#refused.has(key));
    if (keys.length > 0) this.#apply(keys);
    if (this.#refused.size === 0) this.#failures = 0;
    this.#watermark.observed(this.#slices.revision);
  }

  #apply(keys: readonly string[]): void {
    for (const key of keys) this.#watermark.began(key);
    try {
      this.#dataPlane.replace(new Map(keys.map((key) => [key, this.#plan(key)])));
    } catch (error) {
      if (!(error instanceof DataPlaneError)) throw error;
      for (const key of keys) this.#watermark.failed(key);
      this.#isolate(keys, error);
      return;
    }
    for (const key of keys) {
      this.#dirty.delete(key);
      this.#watermark.finished(key);
    }
  }

  #plan(key: string): ServicePortRules[] {
    const service = this.#services.get(key);
    return service ? planService(service, this.#slices.byIndex('service', key), this.#nodeName) : [];
  }

  /** What the kernel refuses of one service must not keep the others from theirs. */
  #isolate(keys: readonly string[], error: DataPlaneError): void {
    if (keys.length > 1) {
      for (const key of keys) this.#apply([key]);
      return;
    }
    for (const key of keys) this.#refused.add(key);
    this.#retryLater(keys, error);
  }

  #retryLater(services: readonly string[], error: DataPlaneError): void {
    this.#env.log.error('service rules were refused by the kernel', { services, error: error.message });
    this.#retry ??= this.#env.clock.timer(backoffMs(BACKOFF, ++this.#failures), () => {
      this.#retry = undefined;
      this.#refused.clear();
      this.#flush();
    });
  }
}

function servicesOf(slice: EndpointSlice): string[] {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  return name ? [`${slice.metadata.namespace}/${name}`] : [];
}
