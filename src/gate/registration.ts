import { endpointConsumers } from '../api/resources.ts';
import { isStatus, StatusError } from '../api/status.ts';
import { type EndpointConsumer, SEGUE_GROUP_VERSION } from '../api/types/segue.ts';
import { assert } from '../base/assert.ts';
import { type BackoffPolicy, backoffMs } from '../base/backoff.ts';
import { microTimestamp, type Timer } from '../base/clock.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { TransportError } from '../client/transport.ts';
import type { Watermark } from './watermark.ts';

export const DEFAULT_LEASE_SECONDS = 10;
const BACKOFF: BackoffPolicy = { baseMs: 20, maxMs: 1_000 };

export interface RegistrationOptions {
  readonly env: Env;
  readonly name: string;
  readonly spec: Omit<EndpointConsumer['spec'], 'leaseDurationSeconds'> & { leaseDurationSeconds?: number };
  readonly watermark: Watermark;
  /** Publisher only: resourceVersion of its latest slice write. */
  readonly published?: () => number;
}

/**
 * Keeps one EndpointConsumer registered and its watermark stated. One statement is under way at a time and the newest
 * number wins, so a burst of changes costs one. The number is stated anew after any failure, and the object made anew
 * when the server forgot it: nothing is lost with the server's memory.
 */
export class Registration {
  readonly #client: Client;
  readonly #options: RegistrationOptions;
  #stating = false;
  #stale = false;
  #stopped = false;
  #failures = 0;
  #timer: Timer | undefined;
  #idle: Promise<void> = Promise.resolve();

  constructor(client: Client, options: RegistrationOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Registers. Call it before the first request is routed; resolves when the server knows of the component. */
  async start(): Promise<void> {
    assert(!this.#timer, 'a registration is started once');
    this.#options.watermark.onGrowth(() => this.state());
    this.#renewLater();
    while (!this.#stopped && !(await this.#quietly(() => this.#registerAnew()))) await this.#pause();
  }

  /** States the current watermark, at once or when the statement under way is done. */
  state(): void {
    this.#stale = true;
    if (this.#stating || this.#stopped) return;
    this.#stating = true;
    this.#idle = this.#stateAll();
  }

  /** Unregisters: from now on it holds nobody up, so it must have stopped routing. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#idle;
    await this.#quietly(() => this.#client.of(endpointConsumers).delete(this.#options.name));
  }

  async #stateAll(): Promise<void> {
    try {
      while (this.#stale && !this.#stopped) {
        this.#stale = false;
        if (await this.#quietly(() => this.#stateOnce())) continue;
        this.#stale = true;
        await this.#pause();
      }
    } finally {
      // In the same turn as the last look at `stale`: what is stated from here on starts anew.
      this.#stating = false;
    }
  }

  async #stateOnce(): Promise<void> {
    const patch = { status: this.#status() };
    const consumers = this.#client.of(endpointConsumers);
    try {
      await consumers.patch(this.#options.name, patch, { subresource: 'status' });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
      await this.#register();
      this.#stale = true;
    }
  }

  /**
   * What an earlier life of this component stated under the same name holds no longer, so the number is stated at once.
   * The object stays: without it, nobody would wait for a component whose rules may still be in the kernel.
   */
  async #registerAnew(): Promise<void> {
    await this.#register();
    await this.#stateOnce();
  }

  async #register(): Promise<void> {
    const { name, spec } = this.#options;
    const consumers = this.#client.of(endpointConsumers);
    const object = {
      apiVersion: SEGUE_GROUP_VERSION,
      kind: 'EndpointConsumer',
      metadata: { name },
      spec: { ...spec, leaseDurationSeconds: spec.leaseDurationSeconds ?? DEFAULT_LEASE_SECONDS },
    };
    try {
      await consumers.create(object);
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
    }
  }

  #status(): NonNullable<EndpointConsumer['status']> {
    const { watermark, published, env } = this.#options;
    // Read before what was published, so that what was published covers every change up to it.
    const observed = watermark.value;
    return {
      observedResourceVersion: String(observed),
      ...(published ? { publishedResourceVersion: String(published()) } : {}),
      renewTime: microTimestamp(env.clock),
    };
  }

  #renewLater(): void {
    const seconds = this.#options.spec.leaseDurationSeconds ?? DEFAULT_LEASE_SECONDS;
    this.#timer = this.#options.env.clock.timer(
      (seconds * 1000) / 3,
      () => {
        if (this.#stopped) return;
        this.state();
        this.#renewLater();
      },
      { background: true },
    );
  }

  /** Runs `act`; false when it was refused or got no answer, which is logged and tried again by the caller. */
  async #quietly(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      this.#failures = 0;
      return true;
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
      this.#failures++;
      this.#options.env.log.debug('acknowledgement not taken', { name: this.#options.name, error: error.message });
      return false;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.env.clock.timer(backoffMs(BACKOFF, this.#failures), resolve, { background: true });
    });
  }
}
