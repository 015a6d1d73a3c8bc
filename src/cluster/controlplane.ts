import { builtinKinds } from '../api/registry.ts';
import type { Handle } from '../api/request.ts';
import type { ReleaseLevel } from '../api/types/segue.ts';
import { createApiServer } from '../apiserver/apiserver.ts';
import type { Env } from '../base/env.ts';
import { Client } from '../client/client.ts';
import { inProcessTransport } from '../client/transport.ts';
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
import { MemoryStore } from '../store/memory/memorystore.ts';
import type { Store } from '../store/store.ts';
import { NODE_PORTS, SERVICE_CIDR } from './addresses.ts';
import { ADMIN_GROUP } from './credentials.ts';
import { VERSION } from './version.ts';

export interface ControlPlaneOptions {
  readonly env: Env;
  readonly store: Store;
  readonly kubelets: (node: string) => Handle | undefined;
  /** Release level of pods that ask for none. */
  readonly level: ReleaseLevel;
}

interface Component {
  start(): Promise<unknown>;
  stop(): Promise<void>;
}

export interface ControlPlane {
  readonly handle: Handle;
  /** A client in this process, as `user`. */
  client(user: string): Client;
  /** Starts what acts: scheduler, controllers, gate. Resolves when all have caught up. */
  startControllers(): Promise<void>;
  stop(): Promise<void>;
}

/** The API server over its stores, and everything that acts through it in this process. */
export async function createControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { env, store, kubelets, level } = options;
  const memory = new MemoryStore();
  const registry = builtinKinds();
  const server = await createApiServer({
    env,
    stores: { durable: store, memory },
    registry,
    kubelets,
    serviceCIDR: SERVICE_CIDR,
    nodePortRange: NODE_PORTS,
    version: VERSION,
  });
  const client = (user: string) =>
    new Client(inProcessTransport(server.handle, { name: user, groups: [ADMIN_GROUP] }), { userAgent: user });
  const named = (component: string) => ({ env: { ...env, log: env.log.child({ component }) } });
  const components: Component[] = [
    new GateController(client('segue-gate'), { ...named('gate'), level }),
    new EndpointSliceController(client('endpointslice-controller'), named('endpointslice')),
    new EndpointsController(client('endpoints-controller'), named('endpoints')),
    new DeploymentController(client('deployment-controller'), named('deployment')),
    new ReplicaSetController(client('replicaset-controller'), named('replicaset')),
    new NamespaceController(client('namespace-controller'), { ...named('namespace'), registry }),
    new GarbageCollector(client('garbage-collector'), { ...named('garbagecollector'), registry }),
    new NodeLifecycleController(client('node-lifecycle-controller'), named('nodelifecycle')),
    new ServiceAccountController(client('service-account-controller'), named('serviceaccount')),
    new Scheduler(client('kube-scheduler'), named('scheduler')),
  ];
  return {
    handle: server.handle,
    client,
    startControllers: async () => {
      await Promise.all(components.map((component) => component.start()));
    },
    stop: async () => {
      await Promise.all(components.map((component) => component.stop()));
      await server.close();
      await memory.close();
    },
  };
}
