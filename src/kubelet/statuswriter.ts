import { pods } from '../api/resources.ts';
import { isStatus, StatusError } from '../api/status.ts';
import type { Pod, PodStatus } from '../api/types/core.ts';
import { type BackoffPolicy, backoffMs } from '../base/backoff.ts';
import { delay } from '../base/clock.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { TransportError } from '../client/transport.ts';

const BACKOFF: BackoffPolicy = { baseMs: 50, maxMs: 2_000 };

/**
 * Writes one pod's status to the API server: one write under way at a time, the newest status wins, conditions of
 * others are left alone. Retries until the server took it or the pod is gone.
 */
export class StatusWriter {
  readonly #client: Client;
  readonly #env: Env;
  readonly #pod: Pod;
  #wanted: { status: PodStatus; text: string } | undefined;
  /** What the server has, or is being told right now. */
  #written = '';
  #writtenRevision = 0;
  #work: Promise<void> | undefined;

  constructor(client: Client, options: { env: Env; pod: Pod }) {
    this.#client = client;
    this.#env = options.env;
    this.#pod = options.pod;
  }

  report(status: PodStatus): void {
    const text = JSON.stringify(status);
    if (text === (this.#wanted?.text ?? this.#written)) return;
    this.#wanted = { status, text };
    this.#work ??= this.#writeAll();
  }

  /**
   * The pod's object changed at the server. When somebody else has changed a condition that was written here, as the
   * node lifecycle controller does for nodes it does not hear of, the next report writes it again.
   */
  seen(pod: Pod): void {
    if (this.#work || this.#written === '' || Number(pod.metadata.resourceVersion) <= this.#writtenRevision) return;
    const { conditions = [] } = JSON.parse(this.#written) as PodStatus;
    const differs = conditions.some(({ type, status }) => {
      return pod.status?.conditions?.find((condition) => condition.type === type)?.status !== status;
    });
    if (differs) this.#written = '';
  }

  /** Resolves when everything reported so far was written, or the pod is gone. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #writeAll(): Promise<void> {
    try {
      let failures = 0;
      while (this.#wanted) {
        failures = (await this.#write(this.#wanted)) ? 0 : failures + 1;
        if (failures > 0) await delay(this.#env.clock, backoffMs(BACKOFF, failures));
      }
    } finally {
      // In the same turn as the last look at `wanted`: a report from here on starts anew.
      this.#work = undefined;
    }
  }

  /** False when it has to be tried again. */
  async #write(wanted: { status: PodStatus; text: string }): Promise<boolean> {
    this.#wanted = undefined;
    this.#written = wanted.text;
    try {
      this.#writtenRevision = await this.#patch(wanted.status);
      return true;
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
      if (isStatus(error, 'NotFound', 'Conflict')) return true; // Another pod by now, or none.
      const { name } = this.#pod.metadata;
      this.#env.log.warn('pod status was not taken, will try again', { pod: name, error: error.message });
      this.#wanted ??= wanted;
      return false;
    }
  }

  /** The resourceVersion of the write. */
  async #patch(status: PodStatus): Promise<number> {
    const { name, namespace, uid } = this.#pod.metadata;
    // A merge leaves alone what it does not name: what is no longer said has to be taken back.
    const conditions = status.conditions?.map((condition) => ({ reason: null, message: null, ...condition }));
    const patch = { metadata: { uid }, status: { ...status, conditions } };
    const written = await this.#client
      .of(pods)
      .patch(name, patch, { namespace, type: 'strategic', subresource: 'status' });
    return Number(written.metadata.resourceVersion);
  }
}
