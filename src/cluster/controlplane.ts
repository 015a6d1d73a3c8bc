import { builtinKinds } from '../api/registry.ts';
import type { Handle } from '../api/request.ts';
import type { ReleaseLevel } from '../api/types/segue.ts';
import { createApiServer } from '../apiserver/apiserver.ts';
import type { Env } from '../base/env.ts';
import { Client } from '../client/client.ts';
import { inProcessTransport } from '../client/transport.ts';
import { MemoryStore } from '../store/memory/memorystore.ts';
import type { Store } from '../store/store.ts';
import { ADDRESSES } from './addresses.ts';
import { controllers } from './controllers.ts';
import { ADMIN_GROUP } from './credentials.ts';
import { VERSION } from './version.ts';

export interface ControlPlaneOptions {
  readonly env: Env;
  readonly store: Store;
  readonly kubelets: (node: string) => Handle | undefined;
  /** Release level of pods that ask for none. */
  readonly level: ReleaseLevel;
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
  const memory = new MemoryStore({ revision: memoryRevision(env) });
  const registry = builtinKinds();
  const server = await createApiServer({
    env,
    stores: { durable: store, memory },
    registry,
    kubelets,
    serviceCIDR: ADDRESSES.serviceCIDR,
    nodePortRange: ADDRESSES.nodePortRange,
    version: VERSION,
  });
  const client = (user: string) =>
    new Client(inProcessTransport(server.handle, { name: user, groups: [ADMIN_GROUP] }), { userAgent: user });
  const components = controllers({ registry, level }).map(({ name, user, make }) =>
    make(client(user), { ...env, log: env.log.child({ component: name }) }),
  );
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

/** Above every revision that a store of an earlier start can have reached, at less than 100 writes a millisecond. */
export function memoryRevision(env: Env): number {
  return Math.floor(env.clock.now()) * 100;
}
