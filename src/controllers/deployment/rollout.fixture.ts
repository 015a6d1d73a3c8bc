import type { Deployment, DeploymentSpec, ReplicaSet } from '../../api/types/apps.ts';
import type { Draft } from '../../api/types/meta.ts';
import { below, type Random } from '../../base/random.ts';
import { type DeploymentPlan, planDeployment } from './plan.ts';

// What the tests of this folder share: a Deployment over ReplicaSets that are played, pod by pod.

export const START = '2026-01-01T00:00:00Z';

export function deploymentOf(spec: Partial<DeploymentSpec> & { image?: string } = {}): Deployment {
  const { image = 'one', ...rest } = spec;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'd',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: START,
    },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: templateOf(image),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...rest,
    },
  };
}

export function templateOf(image: string): DeploymentSpec['template'] {
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } };
}

interface Played {
  set: ReplicaSet;
  /** Whether each pod is ready. */
  pods: boolean[];
}

/** A Deployment whose sets make and remove pods only when told to, and say so only then: status lags behind. */
export class Rollout {
  deployment: Deployment;
  now = Date.parse(START);
  readonly played = new Map<string, Played>();
  /** `web-… 0→3`, in order. */
  readonly story: string[] = [];
  #made = 0;

  constructor(spec: Partial<DeploymentSpec> & { image?: string } = {}) {
    this.deployment = deploymentOf(spec);
  }

  get sets(): ReplicaSet[] {
    return [...this.played.values()].map(({ set }) => set);
  }

  get total(): number {
    return this.#count(() => true);
  }

  get ready(): number {
    return this.#count((isReady) => isReady);
  }

  /** Sizes by image. */
  get sizes(): Record<string, number> {
    return Object.fromEntries(
      this.sets.map(({ spec }) => [spec.template.spec.containers[0]?.image, spec.replicas ?? 0]),
    );
  }

  condition(type: string) {
    return this.deployment.status?.conditions?.find((condition) => condition.type === type);
  }

  change(spec: Partial<DeploymentSpec>): void {
    const { metadata } = this.deployment;
    this.deployment = {
      ...this.deployment,
      metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
      spec: { ...this.deployment.spec, ...spec },
    };
  }

  /** One look of the controller, with what comes of it. */
  sync(): DeploymentPlan {
    const plan = planDeployment(this.deployment, this.sets, `${new Date(this.now).toISOString().slice(0, 19)}Z`);
    if (plan.create) this.#create(plan.create);
    for (const { set, replicas, annotations } of plan.update) {
      const played = this.played.get(set.metadata.name) as Played;
      if (replicas !== set.spec.replicas) this.story.push(`${this.#imageOf(set)} ${set.spec.replicas}→${replicas}`);
      const generation = (set.metadata.generation ?? 0) + (replicas === set.spec.replicas ? 0 : 1);
      played.set = { ...set, metadata: { ...set.metadata, annotations, generation }, spec: { ...set.spec, replicas } };
    }
    for (const { metadata } of plan.remove) this.played.delete(metadata.name);
    this.deployment = { ...this.deployment, status: plan.status };
    return plan;
  }

  /** The set's controller makes or removes pods, those that are not ready first, and says how it stands. */
  playSet({ metadata: { name } }: ReplicaSet): void {
    const played = this.played.get(name);
    if (!played) return;
    const wanted = played.set.spec.replicas ?? 0;
    const pods = [...played.pods].sort((a, b) => Number(b) - Number(a)).slice(0, wanted);
    while (pods.length < wanted) pods.push(false);
    played.pods = pods;
    const ready = pods.filter(Boolean).length;
    const observedGeneration = played.set.metadata.generation ?? 0;
    const status = { replicas: wanted, readyReplicas: ready, availableReplicas: ready, observedGeneration };
    played.set = { ...played.set, status };
  }

  /** One pod, drawn by chance, becomes ready. */
  playPod(random: Random): void {
    const waiting = [...this.played.values()].filter(({ pods }) => pods.includes(false));
    const played = waiting[below(random, waiting.length)];
    if (played) played.pods[played.pods.indexOf(false)] = true;
  }

  /** Everything that can happen happens, until nothing does any more. */
  settle(random: Random): void {
    for (let quiet = 0; quiet < 2; quiet++) {
      for (let pod = this.total; pod > 0; pod--) this.playPod(random);
      for (const set of this.sets) this.playSet(set);
      const { create, update, remove } = this.sync();
      if (create || update.length > 0 || remove.length > 0 || this.ready < this.total) quiet = -1;
    }
  }

  #create(draft: Draft<ReplicaSet>): void {
    const at = new Date(Date.parse(START) + 1000 * ++this.#made).toISOString();
    const metadata = { uid: draft.metadata.name, resourceVersion: '1', generation: 1, creationTimestamp: at };
    const set = { ...draft, metadata: { ...draft.metadata, ...metadata }, status: { replicas: 0 } } as ReplicaSet;
    this.story.push(`${this.#imageOf(set)} 0→${set.spec.replicas}`);
    this.played.set(set.metadata.name, { set, pods: [] });
  }

  #imageOf(set: ReplicaSet): string | undefined {
    return set.spec.template.spec.containers[0]?.image;
  }

  #count(counts: (isReady: boolean) => boolean): number {
    return [...this.played.values()].flatMap(({ pods }) => pods).filter(counts).length;
  }
}
