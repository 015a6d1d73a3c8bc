import { deployments, pods, services } from '../../api/resources.ts';
import { matcherOfLabels } from '../../api/selector.ts';
import type { Service } from '../../api/types/core.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { type Change, VerifyError } from '../change.ts';
import { watchCluster } from '../clusterwatch.ts';
import { serviceUnderLoad } from '../serviceunderload.ts';
import { untilSettled } from '../settled.ts';
import type { Subject } from '../verification.ts';
import { startPodLoad } from './podload.ts';

export interface ClusterSubjectOptions {
  readonly env: Env;
  readonly change: Change;
  readonly service: Service;
  /** Program and arguments of the load generator, its target included. */
  readonly loadCommand: readonly string[];
}

/** A cluster reached by its API, as the subject of a verification. */
export function clusterSubject(client: Client, options: ClusterSubjectOptions): Subject {
  const { env, change, service, loadCommand } = options;
  const { name, namespace = 'default' } = service.metadata;
  const loadName = `segue-verify-${env.random.uuid().slice(0, 8)}`;
  return {
    service: { namespace, name },
    watch: (saw, signal) => watchCluster(client, saw, { env, namespace, signal }),
    startLoad: () => startPodLoad(client, { env, namespace, name: loadName, command: loadCommand }),
    change: () => change.make(client, { namespace, clock: env.clock }),
    settled: (signal) => untilSettled(client, { env, namespace, signal }),
  };
}

/** The Service to load: the one that is named, else the one that leads to what the change is about. */
export async function findService(
  client: Client,
  wish: { namespace: string; name: string | undefined; change: Change },
): Promise<Service> {
  const { namespace, name, change } = wish;
  const { items } = await client.of(services).list({ namespace });
  if (name) return serviceUnderLoad(items, { name });
  const { target } = change;
  if (target.kind === 'Deployment') {
    return serviceUnderLoad(items, { changed: await client.of(deployments).get(target.name, { namespace }) });
  }
  const pod = await client.of(pods).get(target.name, { namespace });
  const leading = items.filter(({ spec }) => matcherOfLabels(spec.selector)(pod.metadata.labels));
  if (leading.length === 1) return leading[0] as Service;
  const found = leading.map(({ metadata }) => metadata.name).join(', ') || 'none';
  throw new VerifyError(
    `Cannot choose a Service that leads to pod ${target.name}: found ${found}, need --service NAME`,
  );
}
