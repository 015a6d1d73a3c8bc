import { deployments, pods } from '../api/resources.ts';
import { matcherOfLabels } from '../api/selector.ts';
import { isPodReady } from '../api/servicepods.ts';
import type { Deployment } from '../api/types/apps.ts';
import type { Pod } from '../api/types/core.ts';
import { delay } from '../base/clock.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { Informer } from '../client/informer.ts';
import { isRolledOut } from '../verify/settled.ts';
import type { Manifest } from './manifests.ts';

const PATIENCE_MS = 120_000;

/**
 * Waits until every Deployment and Pod of `manifests` is ready. Resolves with what is not, each with what is known of
 * the reason: empty when all are ready, something when it took too long or the signal came.
 */
export async function workloadsReady(
  client: Client,
  manifests: readonly Manifest[],
  options: { env: Env; signal: AbortSignal; patienceMs?: number },
): Promise<string[]> {
  const { env, signal, patienceMs = PATIENCE_MS } = options;
  const podInformer = new Informer(client, pods, { env });
  const deploymentInformer = new Informer(client, deployments, { env });
  const stop = new AbortController();
  const over = AbortSignal.any([signal, stop.signal]);
  const unready = () => [
    ...wanted(manifests, 'Deployment').flatMap((key) =>
      unreadyDeployment(key, deploymentInformer.get(key), podInformer.list()),
    ),
    ...wanted(manifests, 'Pod').flatMap((key) => unreadyPod(key, podInformer.get(key))),
  ];
  try {
    const done = Promise.withResolvers<void>();
    const look = () => {
      if (unready().length === 0) done.resolve();
    };
    podInformer.onProgress(look).start();
    deploymentInformer.onProgress(look).start();
    const synced = Promise.all([podInformer.synced, deploymentInformer.synced]).then(look);
    await Promise.race([synced.then(() => done.promise), delay(env.clock, patienceMs, over).catch(() => {})]);
    return unready();
  } finally {
    stop.abort();
    await Promise.all([podInformer.stop(), deploymentInformer.stop()]);
  }
}

function wanted(manifests: readonly Manifest[], kind: string): string[] {
  return manifests
    .filter(({ resource }) => resource.kind === kind)
    .map(({ object }) => `${object.metadata.namespace ?? 'default'}/${object.metadata.name}`);
}

function unreadyDeployment(key: string, deployment: Deployment | undefined, all: readonly Pod[]): string[] {
  if (deployment && isRolledOut(deployment)) return [];
  const selects = matcherOfLabels(deployment?.spec.selector.matchLabels);
  const own = all.filter(
    ({ metadata }) => `${metadata.namespace}/` === key.slice(0, key.indexOf('/') + 1) && selects(metadata.labels),
  );
  const why = [...new Set(own.flatMap(reasonsOf))].join(', ');
  return [`deployment ${key}${why ? ` (${why})` : ''}`];
}

function unreadyPod(key: string, pod: Pod | undefined): string[] {
  if (pod && (isPodReady(pod) || pod.status?.phase === 'Succeeded')) return [];
  const why = pod ? reasonsOf(pod).join(', ') : '';
  return [`pod ${key}${why ? ` (${why})` : ''}`];
}

function reasonsOf(pod: Pod): string[] {
  const waiting = (pod.status?.containerStatuses ?? []).flatMap(({ state }) => {
    const { reason, message } = state.waiting ?? {};
    return reason && reason !== 'ContainerCreating' ? [message ? `${reason}: ${message}` : reason] : [];
  });
  const unscheduled = (pod.status?.conditions ?? []).filter(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  return [...waiting, ...unscheduled.flatMap(({ message }) => message ?? [])];
}
