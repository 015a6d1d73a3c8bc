import { byController, controllerOf, controllerReference } from '../../api/owner.ts';
import { keyOf } from '../../api/resource.ts';
import { pods, replicaSets } from '../../api/resources.ts';
import { matcherOf } from '../../api/selector.ts';
import { isStatus, StatusError } from '../../api/status.ts';
import type { ReplicaSet, ReplicaSetStatus } from '../../api/types/apps.ts';
import type { Pod } from '../../api/types/core.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { EventRecorder } from '../../client/events.ts';
import { Informer } from '../../client/informer.ts';
import { Reconciler } from '../../client/reconciler.ts';
import { planReplicaSet } from './plan.ts';

/** Keeps each ReplicaSet at the number of pods it asks for, and its status true. */
export class ReplicaSetController {
  readonly #client: Client;
  readonly #env: Env;
  readonly #sets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #recorder: EventRecorder;
  readonly #reconciler: Reconciler;

  constructor(client: Client, options: { env: Env }) {
    const { env } = options;
    this.#client = client;
    this.#env = env;
    this.#sets = new Informer(client, replicaSets, { env });
    this.#pods = new Informer(client, pods, { env, indexes: { controller: byController, orphan: orphanIn } });
    this.#recorder = new EventRecorder(client, { env, component: 'replicaset-controller' });
    this.#reconciler = new Reconciler({
      env,
      name: 'replicaset',
      reconcile: (key) => this.#reconcile(key),
      concurrency: 8,
    });
  }

  async start(): Promise<void> {
    this.#sets.onChange(({ key }) => this.#reconciler.queue.add(key)).start();
    this.#pods.onChange(({ object, previous }) => this.#podChanged(object, previous)).start();
    await Promise.all([this.#sets.synced, this.#pods.synced]);
    this.#reconciler.start();
  }

  async stop(): Promise<void> {
    await this.#reconciler.stop();
    await Promise.all([this.#sets.stop(), this.#pods.stop()]);
  }

  #podChanged(object: Pod | undefined, previous: Pod | undefined): void {
    for (const pod of [object, previous]) {
      const owner = pod && controllerOf(pod);
      if (owner?.kind === replicaSets.kind) this.#reconciler.queue.add(`${pod?.metadata.namespace}/${owner.name}`);
    }
    if (!object || controllerOf(object)) return;
    // An orphan: every set that selects it may want to adopt it.
    for (const set of this.#sets.list(object.metadata.namespace)) {
      if (matcherOf(set.spec.selector)(object.metadata.labels ?? {})) this.#reconciler.queue.add(keyOf(set));
    }
  }

  async #reconcile(key: string): Promise<{ requeueAfterMs: number } | undefined> {
    const set = this.#sets.get(key);
    if (!set) return undefined;
    await this.#claim(set);
    const now = this.#env.clock.now();
    const plan = planReplicaSet(set, this.#pods.byIndex('controller', set.metadata.uid), now);
    if (plan.create > 0 && !set.metadata.deletionTimestamp) await this.#createPods(set, plan.create);
    await Promise.all(plan.remove.map((pod) => this.#deletePod(set, pod)));
    const after = planReplicaSet(set, this.#pods.byIndex('controller', set.metadata.uid), now);
    await this.#writeStatus(set, after.status);
    return after.lookAgainMs === undefined ? undefined : { requeueAfterMs: after.lookAgainMs };
  }

  /** Adopts orphans that match, and lets go of owned pods that no longer do. */
  async #claim(set: ReplicaSet): Promise<void> {
    if (set.metadata.deletionTimestamp) return;
    const { uid, namespace = '' } = set.metadata;
    const matches = matcherOf(set.spec.selector);
    const isLeft = ({ metadata }: Pod) => !metadata.deletionTimestamp;
    for (const pod of this.#pods.byIndex('controller', uid).filter(isLeft)) {
      if (matches(pod.metadata.labels)) continue;
      const others = (pod.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
      await this.#patchOwners(pod, others);
    }
    const orphans = this.#pods
      .byIndex('orphan', namespace)
      .filter((pod) => isLeft(pod) && matches(pod.metadata.labels));
    if (orphans.length === 0 || !(await this.#mayAdopt(set))) return;
    for (const pod of orphans) {
      await this.#patchOwners(pod, [...(pod.metadata.ownerReferences ?? []), controllerReference(replicaSets, set)]);
    }
  }

  /** Asks the server: pods that a deleted set has just left behind must not be taken by what is remembered of it. */
  async #mayAdopt(set: ReplicaSet): Promise<boolean> {
    const { name, namespace, uid } = set.metadata;
    try {
      const { metadata } = await this.#client.of(replicaSets).get(name, { namespace });
      return metadata.uid === uid && !metadata.deletionTimestamp;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      throw error;
    }
  }

  async #patchOwners(pod: Pod, ownerReferences: Pod['metadata']['ownerReferences']): Promise<void> {
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    const patch = { metadata: { uid, resourceVersion, ownerReferences } };
    this.#pods.absorb(await this.#client.of(pods).patch(name, patch, { namespace }));
  }

  /** In batches that double, so that a set whose pods are all refused asks once, not a hundred times. */
  async #createPods(set: ReplicaSet, count: number): Promise<void> {
    for (let made = 0, batch = 1; made < count; made += batch, batch = Math.min(batch * 2, count - made)) {
      const results = await Promise.allSettled(Array.from({ length: batch }, () => this.#createPod(set)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed && isNamespaceTerminating(failed.reason)) return;
      if (failed) throw failed.reason;
    }
  }

  async #createPod(set: ReplicaSet): Promise<void> {
    const { name, namespace } = set.metadata;
    const { metadata: { labels, annotations, finalizers } = {}, spec } = set.spec.template;
    try {
      const pod = await this.#client.of(pods).create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          ...(labels ? { labels } : {}),
          ...(annotations ? { annotations } : {}),
          ...(finalizers ? { finalizers } : {}),
          generateName: `${name}-`,
          namespace: namespace as string,
          ownerReferences: [controllerReference(replicaSets, set)],
        },
        spec,
      });
      this.#pods.absorb(pod);
      this.#recorder.record(set, {
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: `Created pod: ${pod.metadata.name}`,
      });
    } catch (error) {
      if (error instanceof StatusError && !isNamespaceTerminating(error)) {
        this.#recorder.record(set, {
          type: 'Warning',
          reason: 'FailedCreate',
          message: `Error creating: ${error.message}`,
        });
      }
      throw error;
    }
  }

  async #deletePod(set: ReplicaSet, pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      const deleted = await this.#client.of(pods).delete(name, { namespace, uid });
      if (deleted.metadata.deletionTimestamp) this.#pods.absorb(deleted);
      else this.#pods.absorbRemoval(keyOf(pod), Number(deleted.metadata.resourceVersion));
      this.#recorder.record(set, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` });
    } catch (error) {
      if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
    }
  }

  async #writeStatus(set: ReplicaSet, status: ReplicaSetStatus): Promise<void> {
    const before = { ...set.status, conditions: undefined };
    if (sameNumbers(before, status)) return;
    const { name, namespace, uid } = set.metadata;
    try {
      const patch = { metadata: { uid }, status };
      this.#sets.absorb(await this.#client.of(replicaSets).patch(name, patch, { namespace, subresource: 'status' }));
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }
}

/** Index function: the namespace of a pod that nobody manages. */
function orphanIn(pod: Pod): string[] {
  return controllerOf(pod) ? [] : [pod.metadata.namespace ?? ''];
}

/** Nothing can be made there any more, and nobody needs to be told. */
function isNamespaceTerminating(error: unknown): boolean {
  return (
    isStatus(error, 'Forbidden') &&
    (error.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')
  );
}

const NUMBERS = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'terminatingReplicas',
  'observedGeneration',
] as const;

function sameNumbers(before: Partial<ReplicaSetStatus>, after: ReplicaSetStatus): boolean {
  return NUMBERS.every((name) => (before[name] ?? 0) === (after[name] ?? 0));
}
