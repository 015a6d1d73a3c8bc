import type { KindRegistry } from '../api/registry.ts';
import type { ReleaseLevel } from '../api/types/segue.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { DeploymentController } from '../controllers/deployment/controller.ts';
import { EndpointsController } from '../controllers/endpoints/controller.ts';
import { EndpointSliceController } from '../controllers/endpointslice/controller.ts';
import { GarbageCollector } from '../controllers/garbagecollector/controller.ts';
import { NamespaceController } from '../controllers/namespace/controller.ts';
import { NodeLifecycleController } from '../controllers/nodelifecycle/controller.ts';
import { ReplicaSetController } from '../controllers/replicaset/controller.ts';
import { ServiceAccountController } from '../controllers/serviceaccount/controller.ts';
import { GateController } from '../gate/controller.ts';
import { Scheduler } from '../scheduler/scheduler.ts';

/** Something of the control plane that acts through the API. */
export interface Component {
  /** Resolves when it has caught up with what there is. */
  start(): Promise<unknown>;
  stop(): Promise<void>;
}

export interface ControllerFacts {
  readonly registry: KindRegistry;
  /** Release level of pods that ask for none. */
  readonly level: ReleaseLevel;
}

/** How to make one component: with a client that speaks as it, and its own environment. */
export interface ComponentMaker {
  /** Name in the log. */
  readonly name: string;
  /** Who it is to the API server. */
  readonly user: string;
  make(client: Client, env: Env): Component;
}

/** Everything that acts in the control plane, each to be made on its own: a real cluster and a simulated one have the same. */
export function controllers({ registry, level }: ControllerFacts): readonly ComponentMaker[] {
  const maker = (name: string, user: string, make: ComponentMaker['make']): ComponentMaker => ({ name, user, make });
  return [
    maker('gate', 'segue-gate', (client, env) => new GateController(client, { env, level })),
    maker('endpointslice', 'endpointslice-controller', (client, env) => new EndpointSliceController(client, { env })),
    maker('endpoints', 'endpoints-controller', (client, env) => new EndpointsController(client, { env })),
    maker('deployment', 'deployment-controller', (client, env) => new DeploymentController(client, { env })),
    maker('replicaset', 'replicaset-controller', (client, env) => new ReplicaSetController(client, { env })),
    maker('namespace', 'namespace-controller', (client, env) => new NamespaceController(client, { env, registry })),
    maker('garbagecollector', 'garbage-collector', (client, env) => new GarbageCollector(client, { env, registry })),
    maker('nodelifecycle', 'node-lifecycle-controller', (client, env) => new NodeLifecycleController(client, { env })),
    maker('serviceaccount', 'service-account-controller', (client, env) => {
      return new ServiceAccountController(client, { env });
    }),
    maker('scheduler', 'kube-scheduler', (client, env) => new Scheduler(client, { env })),
  ];
}
