import { deployments, pods } from '../src/api/resources.ts';
import { isStatus, StatusError } from '../src/api/status.ts';
import type { Pod } from '../src/api/types/core.ts';
import type { Client } from '../src/client/client.ts';
import { TransportError } from '../src/client/transport.ts';
import type { Operation, ServicePlan } from './plan.ts';
import { pick } from './random.ts';
import type { Stage } from './stage.ts';
import { NAMESPACE } from './workload.ts';

const RETRY_MS = 300;

/** Does what a user would, again and again until the server has taken it. */
export async function operate(world: Stage, operation: Operation): Promise<void> {
  const plan = world.plan.services[operation.service] as ServicePlan;
  world.trace.note('control plane', `user: ${operation.do} ${plan.name}`);
  if (operation.do === 'rollout') {
    const version = String(world.time.now);
    const patch = { spec: { template: { metadata: { annotations: { version } } } } };
    await persist(world, (client) => client.of(deployments).patch(plan.name, patch, { namespace: NAMESPACE }));
  } else if (operation.do === 'scale') {
    const patch = { spec: { replicas: operation.replicas } };
    world.replicas.set(plan.name, operation.replicas);
    await persist(world, (client) => client.of(deployments).patch(plan.name, patch, { namespace: NAMESPACE }));
  } else {
    const present = world.truth
      .list<Pod>(`/registry/core/pods/${NAMESPACE}/${plan.name}-`)
      .filter((pod) => pod.metadata.labels?.['app'] === plan.name && !pod.metadata.deletionTimestamp);
    const chosen = operation.do === 'deleteAllPods' ? present : present.length > 0 ? [pick(world.random, present)] : [];
    await Promise.all(chosen.map((pod) => persist(world, (client) => remove(client, pod))));
  }
}

async function remove(client: Client, pod: Pod): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  try {
    await client.of(pods).delete(name, { namespace, uid });
  } catch (error) {
    if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
  }
}

async function persist(world: Stage, act: (client: Client) => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await act(world.user);
      return;
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
      await world.time.pause(RETRY_MS, { owner: 'user' });
    }
  }
}
