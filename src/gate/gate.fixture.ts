import { endpointConsumers, events, podReleases, pods } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { Pod } from '../api/types/core.ts';
import type { EndpointConsumer, PodRelease, ReleaseLevel } from '../api/types/segue.ts';
import { startTestCluster, type TestCluster } from '../client/client.fixture.ts';
import { GateController } from './controller.ts';
import { DEFAULT_LEASE_SECONDS, Registration } from './registration.ts';
import { Watermark } from './watermark.ts';

// What the tests of the gate share: a gate over a real API server, with participants that say what the test tells them.

export interface TestGate extends AsyncDisposable {
  readonly cluster: TestCluster;
  /** Makes a pod that runs on node-1. */
  pod(name: string, annotations?: Record<string, string>): Promise<Pod>;
  /** Begins the deletion of a pod; resolves with the revision at which it began. */
  terminate(name: string): Promise<number>;
  /** The release of a pod as the API server has it; undefined when there is none. */
  release(name: string): Promise<PodRelease | undefined>;
  consumer(name: string): Promise<EndpointConsumer | undefined>;
  events(): Promise<string[]>;
  /** Lets everything that is ready to happen happen. */
  settle(): Promise<void>;
}

/** `before`: what the cluster has when the gate starts. */
export async function startGate(
  level: ReleaseLevel = 'Observed',
  before: (cluster: TestCluster) => Promise<unknown> = async () => {},
): Promise<TestGate> {
  const cluster = await startTestCluster();
  await before(cluster);
  const { client, clock, env } = cluster;
  const gate = new GateController(client, { env, level });
  await gate.start();
  const namespace = 'default';
  return {
    cluster,
    async pod(name, annotations = {}) {
      const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'app' }] };
      const draft = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, annotations }, spec };
      return client.of(pods).create(draft);
    },
    async terminate(name) {
      const pod = await client.of(pods).delete(name, { namespace });
      return Number(pod.metadata.resourceVersion);
    },
    release: (name) => found(client.of(podReleases).get(name, { namespace })),
    consumer: (name) => found(client.of(endpointConsumers).get(name)),
    events: async () => (await client.of(events).list()).items.map(({ reason }) => reason ?? ''),
    settle: () => clock.advance(0),
    async [Symbol.asyncDispose]() {
      await gate.stop();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

/** A participant whose numbers the test sets. */
export interface Participant {
  readonly registration: Registration;
  /** It has come as far as `revision`; a publisher wrote its latest slice at `published`. */
  reach(revision: number, published?: number): void;
}

export async function startParticipant(
  gate: TestGate,
  name: string,
  more: { role?: 'Publisher' | 'Consumer'; reached?: number } = {},
): Promise<Participant> {
  const { env, client } = gate.cluster;
  const watermark = new Watermark();
  watermark.observed(more.reached ?? 0);
  const role = more.role ?? 'Consumer';
  let published = 0;
  const registration = new Registration(client, {
    env,
    name,
    spec: { component: 'test', role, leaseDurationSeconds: DEFAULT_LEASE_SECONDS },
    watermark,
    ...(role === 'Publisher' ? { published: () => published } : {}),
  });
  await registration.start();
  return {
    registration,
    reach(revision, at = published) {
      published = at;
      watermark.observed(revision);
    },
  };
}

async function found<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}
