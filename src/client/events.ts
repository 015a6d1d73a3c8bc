import { events } from '../api/resources.ts';
import { isStatus, StatusError } from '../api/status.ts';
import type { KubeEvent } from '../api/types/core.ts';
import type { KubeObject } from '../api/types/meta.ts';
import { timestamp } from '../base/clock.ts';
import type { Env } from '../base/env.ts';
import { nameSuffix } from '../base/random.ts';
import type { Client } from './client.ts';
import { TransportError } from './transport.ts';

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  /** One CamelCase word that machines match. */
  readonly reason: string;
  readonly message: string;
}

const REMEMBERED_MAX = 4096;

/**
 * Records what happened to an object as a Kubernetes Event. The same event again is counted on the first one, as
 * client-go's correlator does. Recording never fails its caller: an Event that cannot be written is logged.
 */
export class EventRecorder {
  readonly #client: Client;
  readonly #env: Env;
  readonly #source: { component: string; host?: string };
  readonly #known = new Map<string, { name: string; count: number }>();

  constructor(client: Client, options: { env: Env; component: string; host?: string }) {
    this.#client = client;
    this.#env = options.env;
    this.#source = { component: options.component, ...(options.host ? { host: options.host } : {}) };
  }

  record(about: KubeObject, text: EventText): void {
    this.#write(about, text).catch((error) => {
      if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
      this.#env.log.debug('an event was not recorded', { reason: text.reason, error: error.message });
    });
  }

  async #write(about: KubeObject, text: EventText): Promise<void> {
    const { uid, name, namespace } = about.metadata;
    const identity = `${uid}/${text.type}/${text.reason}/${text.message}`;
    const known = this.#known.get(identity);
    const now = timestamp(this.#env.clock);
    if (known) {
      known.count++;
      const patch = { count: known.count, lastTimestamp: now };
      try {
        await this.#client.of(events).patch(known.name, patch, { namespace: namespace ?? 'default' });
        return;
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
      }
    }
    const fresh = { name: `${name}.${nameSuffix(this.#env.random, 16)}`, count: 1 };
    this.#remember(identity, fresh);
    await this.#client.of(events).create(this.#event(about, { ...text, name: fresh.name, now }));
  }

  #remember(identity: string, entry: { name: string; count: number }): void {
    if (this.#known.size >= REMEMBERED_MAX) this.#known.delete(this.#known.keys().next().value as string);
    this.#known.set(identity, entry);
  }

  #event(
    about: KubeObject,
    text: EventText & { name: string; now: string },
  ): Omit<KubeEvent, 'metadata'> & {
    metadata: { name: string; namespace: string };
  } {
    const { uid, name, namespace, resourceVersion } = about.metadata;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: text.name, namespace: namespace ?? 'default' },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name,
        uid,
        resourceVersion,
        ...(namespace ? { namespace } : {}),
      },
      type: text.type,
      reason: text.reason,
      message: text.message,
      count: 1,
      firstTimestamp: text.now,
      lastTimestamp: text.now,
      source: this.#source,
      reportingComponent: this.#source.component,
      reportingInstance: this.#source.host ?? '',
    };
  }
}
