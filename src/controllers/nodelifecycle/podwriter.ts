import { pods } from '../../api/resources.ts';
import { isPodReady } from '../../api/servicepods.ts';
import { isStatus } from '../../api/status.ts';
import type { Pod } from '../../api/types/core.ts';
import type { Condition } from '../../api/types/meta.ts';
import { timestamp } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { EventRecorder } from '../../client/events.ts';

/** What the life of nodes means for pods, written down. A pod that is gone, or another by now, needs nothing any more. */
export class PodWriter {
  readonly #client: Client;
  readonly #env: Env;
  readonly #recorder: EventRecorder;
  readonly #absorb: (pod: Pod) => void;

  constructor(client: Client, options: { env: Env; absorb: (pod: Pod) => void }) {
    this.#client = client;
    this.#env = options.env;
    this.#absorb = options.absorb;
    this.#recorder = new EventRecorder(client, { env: options.env, component: 'node-controller' });
  }

  /** Says that the pod is not ready, since nobody can tell: Services stop to send to it. */
  async markNotReady(pod: Pod): Promise<void> {
    if (!isPodReady(pod)) return;
    const condition = { type: 'Ready', status: 'False', lastTransitionTime: timestamp(this.#env.clock) };
    if (!(await this.#writeStatus(pod, { conditions: [condition] }))) return;
    this.#recorder.record(pod, { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' });
  }

  /** Deletes a pod that does not tolerate a taint of its node, with the grace it has. */
  async evict(pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const condition = this.#disruption('DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint');
    if (!(await this.#writeStatus(pod, { conditions: [condition] }))) return;
    const message = `Marking for deletion Pod ${namespace}/${name}`;
    this.#recorder.record(pod, { type: 'Normal', reason: 'TaintManagerEviction', message });
    await this.#settle(async () => {
      const deleted = await this.#client.of(pods).delete(name, { namespace, uid });
      if (deleted.metadata.deletionTimestamp) this.#absorb(deleted);
    });
  }

  /** Removes a pod whose node is gone: there is no kubelet that could end it. */
  async collect(pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    const condition = this.#disruption('DeletionByPodGC', 'PodGC: node no longer exists');
    const status = ended ? undefined : { phase: 'Failed', conditions: [condition] };
    if (status && !(await this.#writeStatus(pod, status))) return;
    await this.#settle(() => this.#client.of(pods).delete(name, { namespace, uid, gracePeriodSeconds: 0 }));
  }

  #disruption(reason: string, message: string): Condition {
    return {
      type: 'DisruptionTarget',
      status: 'True',
      reason,
      message,
      lastTransitionTime: timestamp(this.#env.clock),
    };
  }

  /** Returns false when the pod is gone. Conditions are merged by their type. */
  async #writeStatus(pod: Pod, status: object): Promise<boolean> {
    const { name, namespace, uid } = pod.metadata;
    const options = { namespace, type: 'strategic', subresource: 'status' } as const;
    return this.#settle(async () => {
      this.#absorb(await this.#client.of(pods).patch(name, { metadata: { uid }, status }, options));
    });
  }

  async #settle(write: () => Promise<unknown>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      if (isStatus(error, 'NotFound', 'Conflict')) return false;
      throw error;
    }
  }
}
