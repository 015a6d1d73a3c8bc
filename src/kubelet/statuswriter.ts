import { pods } from '../api/resources.ts';
import { isStatus, StatusError } from '../api/status.ts';
import type { Pod, PodStatus } from '../api/types/core.ts';
import { type BackoffPolicy, backoffMs } from '../base/backoff.ts';
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
      await this.#write();
    } finally {
      // In the same turn as the last look at `wanted`: a report from here on starts anew.
      this.#work = undefined;
    }
  }

  async #write(): Promise<void> {
    let failures = 0;
    while (this.#wanted) {
      const { status, text } = this.#wanted;
      this.#wanted = undefined;
      this.#written = text;
      try {
        this.#writtenRevision = await this.#patch(status);
        failures = 0;
      } catch (error) {
        if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
        if (isStatus(error, 'NotFound', 'Conflict')) return; // Another pod by now, or none.
        failures++;
        this.#env.log.warn('pod status was not taken, will try again', {
          pod: this.#pod.metadata.name,
          error: error.message,
        });
        this.#wanted ??= { status, text };
        await new Promise<void>((resolve) => this.#env.clock.timer(backoffMs(BACKOFF, failures), resolve));
      }
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
