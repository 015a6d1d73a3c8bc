import type { Resource } from '../../api/resource.ts';
import { deployments, events, podReleases, pods, replicaSets, services } from '../../api/resources.ts';
import { matcherOf } from '../../api/selector.ts';
import type { Deployment } from '../../api/types/apps.ts';
import type { Pod, Service } from '../../api/types/core.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import { delay } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { type Change, VerifyError } from '../change.ts';
import type { Subject } from '../verification.ts';
import { startPodLoad } from './podload.ts';

const WATCHED: readonly Resource<never>[] = [
  pods,
  services,
  deployments,
  replicaSets,
  podReleases,
  events,
] as unknown as Resource<never>[];

export interface ClusterSubjectOptions {
  readonly env: Env;
  readonly namespace: string;
  readonly change: Change;
  readonly service: Service;
  /** Program and arguments of the load generator, its target included. */
  readonly loadCommand: readonly string[];
}

/** A cluster reached by its API, as the subject of a verification. */
export function clusterSubject(client: Client, options: ClusterSubjectOptions): Subject {
  const { env, namespace, change, service, loadCommand } = options;
  let before = new Set<string>();
  return {
    service: { namespace, name: service.metadata.name },
    watch: (saw, signal) => watchAll(client, { env, saw, signal }),
    startLoad: () =>
      startPodLoad(client, {
        env,
        namespace,
        name: `segue-verify-${env.random.uuid().slice(0, 8)}`,
        command: loadCommand,
      }),
    change: async () => {
      before = new Set((await client.of(pods).list({ namespace })).items.map(({ metadata }) => metadata.uid));
      await change.make(client, { namespace, clock: env.clock });
    },
    settled: (signal) => settled(client, { env, namespace, change, before, signal }),
  };
}

type Saw = Parameters<Subject['watch']>[0];

async function watchAll(client: Client, run: { env: Env; saw: Saw; signal: AbortSignal }): Promise<void> {
  const informers = WATCHED.map((resource) => {
    const informer = new Informer<KubeObject>(client, resource, { env: run.env });
    informer.onChange(({ object, previous }) => {
      if (object) run.saw(previous ? 'MODIFIED' : 'ADDED', object);
      else if (previous) run.saw('DELETED', previous);
    });
    return informer.start();
  });
  run.signal.addEventListener('abort', () => void Promise.all(informers.map((informer) => informer.stop())), {
    once: true,
  });
  await Promise.all(informers.map((informer) => informer.synced));
}

/** Waits until the workload is what the change asks for and every pod that it replaced is gone. */
async function settled(
  client: Client,
  run: { env: Env; namespace: string; change: Change; before: ReadonlySet<string>; signal: AbortSignal },
): Promise<void> {
  const { env, namespace, change, signal } = run;
  const podInformer = new Informer(client, pods, { env, namespace });
  const deploymentInformer = new Informer(client, deployments, { env, namespace });
  const done = Promise.withResolvers<void>();
  const look = () => {
    const deployment = deploymentInformer.get(`${namespace}/${change.target.name}`);
    if (isSettled(change, { deployment, pods: podInformer.list() })) done.resolve();
  };
  podInformer.onProgress(look).start();
  deploymentInformer.onProgress(look).start();
  try {
    await Promise.all([podInformer.synced, deploymentInformer.synced]);
    look();
    const never = delay(env.clock, 2 ** 31 - 1, signal);
    await Promise.race([done.promise, never]);
  } finally {
    await Promise.all([podInformer.stop(), deploymentInformer.stop()]);
  }
}

function isSettled(change: Change, seen: { deployment: Deployment | undefined; pods: readonly Pod[] }): boolean {
  if (change.target.kind === 'Pod') return !seen.pods.some(({ metadata }) => metadata.name === change.target.name);
  const { deployment } = seen;
  if (!deployment) return false;
  const own = seen.pods.filter((pod) => matcherOf(deployment.spec.selector)(pod.metadata.labels ?? {}));
  const replicas = deployment.spec.replicas ?? 1;
  const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0 } = deployment.status ?? {};
  return (
    observedGeneration >= (deployment.metadata.generation ?? 0) &&
    updatedReplicas >= replicas &&
    availableReplicas >= replicas &&
    own.length === replicas
  );
}

/** The Service to load: the one that is named, else the one that leads to what the change is about. */
export async function findService(
  client: Client,
  wanted: { namespace: string; name: string | undefined; change: Change },
): Promise<Service> {
  const { namespace, name, change } = wanted;
  if (name) return client.of(services).get(name, { namespace });
  const labels = await labelsOf(client, { namespace, change });
  const { items } = await client.of(services).list({ namespace });
  const leading = items.filter(({ spec }) => spec.selector && matcherOf({ matchLabels: spec.selector })(labels));
  if (leading.length === 1) return leading[0] as Service;
  const found = leading.length === 0 ? 'none' : leading.map(({ metadata }) => metadata.name).join(', ');
  throw new VerifyError(
    `Cannot choose a Service that leads to ${change.target.name}: found ${found}, need --service NAME`,
  );
}

async function labelsOf(client: Client, { namespace, change }: { namespace: string; change: Change }) {
  const { kind, name } = change.target;
  if (kind === 'Pod') return (await client.of(pods).get(name, { namespace })).metadata.labels ?? {};
  const resource = kind === 'Deployment' ? deployments : (replicaSets as unknown as typeof deployments);
  return (await client.of(resource).get(name, { namespace })).spec.template.metadata?.labels ?? {};
}
