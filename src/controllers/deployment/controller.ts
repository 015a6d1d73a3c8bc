import { byController, controllerOf, controllerReference } from '../../api/owner.ts';
import { keyOf } from '../../api/resource.ts';
import { deployments, replicaSets } from '../../api/resources.ts';
import { matcherOf } from '../../api/selector.ts';
import { isStatus, StatusError } from '../../api/status.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/types/apps.ts';
import type { Draft, ObjectMeta } from '../../api/types/meta.ts';
import { timestamp } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { EventRecorder } from '../../client/events.ts';
import { Informer } from '../../client/informer.ts';
import { Reconciler } from '../../client/reconciler.ts';
import { withCondition } from './conditions.ts';
import { planDeployment, type SetUpdate } from './plan.ts';
import { REVISION } from './revisions.ts';
import { sizeOf } from './rolling.ts';
import { isSameStatus, statusPatch } from './statuspatch.ts';
import { isSameTemplate } from './templatehash.ts';

/** Rolls each Deployment to its newest template by making, growing and shrinking ReplicaSets, and keeps its status true. */
export class DeploymentController {
  readonly #client: Client;
  readonly #env: Env;
  readonly #deployments: Informer<Deployment>;
  readonly #sets: Informer<ReplicaSet>;
  readonly #recorder: EventRecorder;
  readonly #reconciler: Reconciler;

  constructor(client: Client, options: { env: Env }) {
    const { env } = options;
    this.#client = client;
    this.#env = env;
    this.#deployments = new Informer(client, deployments, { env });
    this.#sets = new Informer(client, replicaSets, { env, indexes: { controller: byController } });
    this.#recorder = new EventRecorder(client, { env, component: 'deployment-controller' });
    this.#reconciler = new Reconciler({
      env,
      name: 'deployment',
      reconcile: (key) => this.#reconcile(key),
      concurrency: 8,
    });
  }

  async start(): Promise<void> {
    this.#deployments.onChange(({ key }) => this.#reconciler.queue.add(key)).start();
    this.#sets.onChange(({ object, previous }) => this.#setChanged(object, previous)).start();
    await Promise.all([this.#deployments.synced, this.#sets.synced]);
    this.#reconciler.start();
  }

  async stop(): Promise<void> {
    await this.#reconciler.stop();
    await Promise.all([this.#deployments.stop(), this.#sets.stop()]);
  }

  #setChanged(object: ReplicaSet | undefined, previous: ReplicaSet | undefined): void {
    for (const set of [object, previous]) {
      const owner = set && controllerOf(set);
      if (owner?.kind === deployments.kind) this.#reconciler.queue.add(`${set?.metadata.namespace}/${owner.name}`);
    }
    if (!object || controllerOf(object)) return;
    // An orphan: every Deployment that selects it may want to adopt it.
    for (const deployment of this.#deployments.list(object.metadata.namespace)) {
      const matches = matcherOf(deployment.spec.selector);
      if (matches(object.metadata.labels)) this.#reconciler.queue.add(keyOf(deployment));
    }
  }

  async #reconcile(key: string): Promise<{ requeueAfterMs: number } | undefined> {
    const deployment = this.#deployments.get(key);
    if (!deployment) return undefined;
    await this.#claim(deployment);
    const sets = this.#sets.byIndex('controller', deployment.metadata.uid);
    const plan = planDeployment(deployment, sets, timestamp(this.#env.clock));
    if (plan.create) await this.#create(deployment, plan.create);
    for (const update of plan.update) await this.#update(deployment, update);
    await Promise.all(plan.remove.map((set) => this.#remove(set)));
    if (plan.revision) await this.#writeRevision(deployment, plan.revision);
    await this.#writeStatus(deployment, plan.status);
    return plan.lookAgainMs === undefined ? undefined : { requeueAfterMs: plan.lookAgainMs };
  }

  /** Adopts orphans that match, and lets go of owned sets that no longer do. */
  async #claim(deployment: Deployment): Promise<void> {
    const { uid, namespace, deletionTimestamp } = deployment.metadata;
    if (deletionTimestamp) return;
    const matches = matcherOf(deployment.spec.selector);
    for (const set of this.#sets.list(namespace)) {
      if (set.metadata.deletionTimestamp) continue;
      const owner = controllerOf(set);
      const owners = set.metadata.ownerReferences ?? [];
      const isMatch = matches(set.metadata.labels);
      if (!owner && isMatch) {
        await this.#patchSet(set, { ownerReferences: [...owners, controllerReference(deployments, deployment)] });
      } else if (owner?.uid === uid && !isMatch) {
        await this.#patchSet(set, { ownerReferences: owners.filter((other) => other.uid !== uid) });
      }
    }
  }

  async #create(deployment: Deployment, draft: Draft<ReplicaSet>): Promise<void> {
    const { name = '' } = draft.metadata;
    try {
      this.#sets.absorb(await this.#client.of(replicaSets).create(draft));
    } catch (error) {
      if (isStatus(error, 'AlreadyExists')) await this.#resolveCollision(deployment, name);
      else if (error instanceof StatusError) await this.#sayNotCreated(deployment, name, error);
      throw error;
    }
    const size = draft.spec.replicas ?? 0;
    if (size > 0) this.#recordScaling(deployment, { name, from: 0, to: size });
  }

  async #sayNotCreated(deployment: Deployment, name: string, error: StatusError): Promise<void> {
    const reason = 'ReplicaSetCreateError';
    const message = `Failed to create new replica set "${name}": ${error.message}`;
    this.#recorder.record(deployment, { type: 'Warning', reason, message });
    const { conditions = [], observedGeneration } = deployment.status ?? {};
    const condition = { type: 'Progressing', status: 'False', reason, message } as const;
    const said = withCondition(conditions, condition, timestamp(this.#env.clock));
    const isNews =
      observedGeneration !== deployment.metadata.generation || said.some((one, i) => one !== conditions[i]);
    if (isNews) {
      await this.#patchStatus(deployment, { observedGeneration: deployment.metadata.generation, conditions: said });
    }
  }

  /** The name is taken: by the set we want, which only has to be seen, or by another, so that the next try needs another. */
  async #resolveCollision(deployment: Deployment, name: string): Promise<void> {
    const { namespace, uid } = deployment.metadata;
    const set = await this.#client.of(replicaSets).get(name, { namespace });
    const isOurs = controllerOf(set)?.uid === uid && isSameTemplate(set.spec.template, deployment.spec.template);
    if (isOurs) this.#sets.absorb(set);
    else await this.#patchStatus(deployment, { collisionCount: (deployment.status?.collisionCount ?? 0) + 1 });
  }

  async #update(deployment: Deployment, { set, replicas, annotations, minReadySeconds }: SetUpdate): Promise<void> {
    const from = sizeOf(set);
    await this.#patchSet(set, { annotations }, { replicas, minReadySeconds });
    if (from !== replicas) this.#recordScaling(deployment, { name: set.metadata.name, from, to: replicas });
  }

  async #patchSet(set: ReplicaSet, metadata: Partial<ObjectMeta>, spec?: object): Promise<void> {
    const { name, namespace, uid, resourceVersion } = set.metadata;
    const patch = { metadata: { ...metadata, uid, resourceVersion }, ...(spec ? { spec } : {}) };
    this.#sets.absorb(await this.#client.of(replicaSets).patch(name, patch, { namespace }));
  }

  #recordScaling(deployment: Deployment, { name, from, to }: { name: string; from: number; to: number }): void {
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`;
    this.#recorder.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }

  async #remove(set: ReplicaSet): Promise<void> {
    const { name, namespace, uid } = set.metadata;
    try {
      await this.#client.of(replicaSets).delete(name, { namespace, uid });
    } catch (error) {
      if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
    }
  }

  async #writeRevision(deployment: Deployment, revision: string): Promise<void> {
    const { name, namespace, uid, annotations } = deployment.metadata;
    if (annotations?.[REVISION] === revision) return;
    const patch = { metadata: { uid, annotations: { [REVISION]: revision } } };
    try {
      this.#deployments.absorb(await this.#client.of(deployments).patch(name, patch, { namespace }));
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  async #writeStatus(deployment: Deployment, status: DeploymentStatus): Promise<void> {
    if (!isSameStatus(deployment.status, status)) await this.#patchStatus(deployment, statusPatch(status));
  }

  async #patchStatus(deployment: Deployment, status: object): Promise<void> {
    const { name, namespace, uid } = deployment.metadata;
    const patch = { metadata: { uid }, status };
    try {
      const options = { namespace, subresource: 'status' };
      this.#deployments.absorb(await this.#client.of(deployments).patch(name, patch, options));
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }
}
