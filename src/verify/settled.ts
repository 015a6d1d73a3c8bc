import { deployments, pods } from '../api/resources.ts';
import type { Deployment } from '../api/types/apps.ts';
import type { Pod } from '../api/types/core.ts';
import { deferred } from '../base/deferred.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { Informer } from '../client/informer.ts';

/**
 * Whether nothing is under way any more: every Deployment is rolled out as `kubectl rollout status` judges it, and no
 * pod is being deleted.
 */
export function isSettled(world: { deployments: readonly Deployment[]; pods: readonly Pod[] }): boolean {
  const isLeaving = (pod: Pod) => pod.metadata.deletionTimestamp !== undefined;
  return world.deployments.every(isRolledOut) && !world.pods.some(isLeaving);
}

/** Resolves when the namespace is settled. Rejects with the signal's reason. */
export async function untilSettled(
  client: Client,
  options: { env: Env; namespace: string; signal: AbortSignal },
): Promise<void> {
  const { env, namespace, signal } = options;
  const settled = deferred();
  const watched = {
    deployments: new Informer(client, deployments, { env, namespace }),
    pods: new Informer(client, pods, { env, namespace }),
  };
  const look = () => {
    if (isSettled({ deployments: watched.deployments.list(), pods: watched.pods.list() })) settled.resolve();
  };
  const onAbort = () => settled.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    for (const informer of Object.values(watched)) informer.start();
    const synced = Promise.all([watched.deployments.synced, watched.pods.synced]);
    await Promise.race([synced, settled.promise]);
    for (const informer of Object.values(watched)) informer.onChange(look);
    look();
    await settled.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await Promise.all(Object.values(watched).map((informer) => informer.stop()));
  }
}

/** As `kubectl rollout status` judges it. */
export function isRolledOut({ metadata, spec, status = {} }: Deployment): boolean {
  const wanted = spec.replicas ?? 1;
  const updated = status.updatedReplicas ?? 0;
  return (
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    updated >= wanted &&
    (status.replicas ?? 0) === updated &&
    (status.availableReplicas ?? 0) === updated
  );
}
