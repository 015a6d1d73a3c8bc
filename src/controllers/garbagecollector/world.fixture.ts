import type { Resource } from '../../api/resource.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import { startTestCluster, type TestCluster } from '../../client/client.fixture.ts';
import { Informer } from '../../client/informer.ts';

// What the tests of the housekeeping controllers share: a real API server, a controller, and waiting for facts.

interface Controller {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface World extends TestCluster {
  /** Resolves with all objects of a kind as soon as they are as wanted. */
  until<T extends KubeObject>(resource: Resource<T>, isSo: (objects: T[]) => boolean): Promise<T[]>;
  /** Starts a controller, which stops with the world. */
  run(controller: Controller): Promise<void>;
}

export async function startWorld(options: Parameters<typeof startTestCluster>[0] = {}): Promise<World> {
  const cluster = await startTestCluster(options);
  const running: Controller[] = [];
  return {
    ...cluster,
    until: (resource, isSo) => until(cluster, resource, isSo),
    async run(controller) {
      running.push(controller);
      await controller.start();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((controller) => controller.stop()));
      await cluster[Symbol.asyncDispose]();
    },
  };
}

async function until<T extends KubeObject>(
  { client, env }: TestCluster,
  resource: Resource<T>,
  isSo: (objects: T[]) => boolean,
): Promise<T[]> {
  const informer = new Informer(client, resource, { env });
  try {
    return await new Promise<T[]>((resolve) => {
      informer
        .onProgress(() => {
          const objects = informer.list();
          if (isSo(objects)) resolve(objects);
        })
        .start();
    });
  } finally {
    await informer.stop();
  }
}
