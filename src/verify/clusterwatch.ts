import type { Resource } from '../api/resource.ts';
import { deployments, events, podReleases, pods, replicaSets, services } from '../api/resources.ts';
import type { KubeObject } from '../api/types/meta.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { Informer, type Notification } from '../client/informer.ts';
import type { SeenKind, Sighting } from './history.ts';

type Saw = (type: Sighting['type'], object: { kind: string }) => void;

const RESOURCES: Record<SeenKind, Resource> = {
  Pod: pods,
  Service: services,
  Deployment: deployments,
  ReplicaSet: replicaSets,
  PodRelease: podReleases,
  Event: events,
};

/**
 * Reports every object of the kinds that a history is made of, then every change, until the signal is aborted.
 * Resolves when all that exists was reported.
 */
export async function watchCluster(
  client: Client,
  saw: Saw,
  options: { env: Env; namespace: string; signal: AbortSignal },
): Promise<void> {
  const { env, namespace, signal } = options;
  const informers = Object.values(RESOURCES).map((resource) =>
    new Informer(client, resource, { env, namespace })
      .onChange((notification) => report(resource, notification, saw))
      .start(),
  );
  const stop = () => Promise.all(informers.map((informer) => informer.stop()));
  if (signal.aborted) await stop();
  signal.addEventListener('abort', stop, { once: true });
  await Promise.all(informers.map((informer) => informer.synced));
}

function report(resource: Resource, { object, previous, revision }: Notification<KubeObject>, saw: Saw): void {
  const { kind } = resource;
  if (object) saw(previous ? 'MODIFIED' : 'ADDED', { ...object, kind });
  else if (previous) {
    // The last state is from before the deletion; the order of writes needs the deletion's own place in it.
    const metadata = { ...previous.metadata, resourceVersion: String(revision) };
    saw('DELETED', { ...previous, kind, metadata } as KubeObject);
  }
}
