import { events, podReleases, pods } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { Container, Pod, PodSpec } from '../api/types/core.ts';
import type { Draft } from '../api/types/meta.ts';
import { type PodRelease, type ReleaseLevel, SEGUE_GROUP_VERSION } from '../api/types/segue.ts';
import { startTestCluster, type TestCluster } from '../client/client.fixture.ts';
import type { Client } from '../client/client.ts';
import { FakePodNetwork } from '../network/fake/podnetwork.ts';
import { FakeImages } from '../runtime/fake/fakeimages.ts';
import { type FakeProgram, FakeRuntime } from '../runtime/fake/fakeruntime.ts';
import { type HttpRequest, type KubeletHost, ProbeError } from './host.ts';
import { Kubelet } from './kubelet.ts';

// What the tests of the kubelet share: a kubelet over a real API server, with containers, network and host told what to do.

export const NODE = 'node-1';
export const namespace = 'default';

export interface TestKubelet extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly runtime: FakeRuntime;
  readonly images: FakeImages;
  readonly network: FakePodNetwork;
  /** Programs by container name; others run until SIGTERM. */
  readonly programs: Map<string, FakeProgram>;
  /** What HTTP GETs answer: a status, or undefined for no answer. Every request is kept in `asked`. */
  httpStatus: (request: HttpRequest) => number | undefined;
  readonly asked: string[];
  readonly flushed: string[];
  /** A kubelet that comes up anew, as after a restart of its process: containers and network are gone. */
  restart(): Promise<void>;
  create(name: string, spec: Partial<PodSpec> & { containers?: Container[] }, annotations?: object): Promise<Pod>;
  get(name: string): Promise<Pod | undefined>;
  remove(name: string, gracePeriodSeconds?: number): Promise<void>;
  /** Says about a pod what the gate says. */
  release(name: string, phase: 'Waiting' | 'Released', waitingFor?: string[]): Promise<void>;
  events(): Promise<string[]>;
  advance(ms: number): Promise<void>;
  /** `SIGTERM main @12` for each signal, times counted from now on. */
  signals(): string[];
}

export const STOPS_AT_SIGTERM: FakeProgram = { onSignal: { SIGTERM: { afterMs: 10, exitCode: 0 } } };

export async function startKubelet(options: { level?: ReleaseLevel } = {}): Promise<TestKubelet> {
  const cluster = await startTestCluster();
  const { env, client, clock } = cluster;
  const programs = new Map<string, FakeProgram>();
  const runtime = new FakeRuntime({ env, program: ({ name }) => programs.get(name) ?? STOPS_AT_SIGTERM });
  const images = new FakeImages();
  const network = new FakePodNetwork();
  const flushed: string[] = [];
  const asked: string[] = [];
  const begin = clock.now();
  const make = () => kubeletOver(kubeletUnderTest, options.level ?? 'Observed');
  const kubeletUnderTest = {
    cluster,
    runtime,
    images,
    network,
    programs,
    httpStatus: (() => 200) as TestKubelet['httpStatus'],
    asked,
    flushed,
  };
  let kubelet = make();
  await kubelet.start();
  return Object.assign(kubeletUnderTest, {
    async restart() {
      await kubelet.stop();
      for (const id of [...runtime.sandboxes.keys()]) await runtime.removePodSandbox(id);
      for (const uid of network.pods) await network.remove(uid);
      kubelet = make();
      await kubelet.start();
    },
    async create(name: string, spec: object, annotations: object = {}) {
      const full = { nodeName: NODE, containers: [{ name: 'main', image: 'app' }], ...spec } as PodSpec;
      const metadata = { name, namespace, annotations: annotations as Record<string, string> };
      return client.of(pods).create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: full });
    },
    get: (name: string) => found(client.of(pods).get(name, { namespace })),
    async remove(name: string, gracePeriodSeconds?: number) {
      const grace = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
      await client.of(pods).delete(name, { namespace, ...grace });
    },
    async release(name: string, phase: 'Waiting' | 'Released', waitingFor: string[] = []) {
      const pod = await client.of(pods).get(name, { namespace });
      await say(client, pod, { phase, waitingFor });
    },
    events: async () => (await client.of(events).list()).items.map(({ reason }) => reason ?? ''),
    advance: (ms: number) => clock.advance(ms),
    signals: () => runtime.signals.map(({ signal, name, at }) => `${signal} ${name} @${at - begin}`),
    async [Symbol.asyncDispose]() {
      await kubelet.stop();
      await runtime.close();
      await cluster[Symbol.asyncDispose]();
    },
  });
}

const FACTS = { name: NODE, ip: '192.0.2.1', podCIDR: '10.244.1.0/24', cpus: 4, memoryBytes: 2 ** 30, podsMax: 100 };

function kubeletOver(
  world: Pick<TestKubelet, 'cluster' | 'runtime' | 'images' | 'network' | 'flushed' | 'httpStatus' | 'asked'>,
  level: ReleaseLevel,
): Kubelet {
  const { cluster, runtime, images, network, flushed } = world;
  const { env, client } = cluster;
  return new Kubelet(client, {
    facts: { ...FACTS, labels: {}, info: {} },
    tools: {
      env,
      client,
      nodeName: NODE,
      nodeIP: FACTS.ip,
      nodeNetworkPath: '/fake/node',
      host: fakeHost(world),
      runtime,
      images,
      podNetwork: network,
      flushUnreplied: async (podIP) => {
        flushed.push(podIP);
      },
      level,
    },
  });
}

async function say(
  client: Client,
  pod: Pod,
  what: { phase: 'Waiting' | 'Released'; waitingFor: string[] },
): Promise<void> {
  const { name, uid, resourceVersion } = pod.metadata;
  const releases = client.of(podReleases);
  const release: Draft<PodRelease> = {
    apiVersion: SEGUE_GROUP_VERSION,
    kind: 'PodRelease',
    metadata: { name, namespace },
    spec: { podUID: uid, nodeName: NODE, level: 'Observed', deletedResourceVersion: resourceVersion },
    status: { ...what, deletedAt: '2026-01-01T00:00:00.000000Z' },
  };
  try {
    await releases.create(release);
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error;
    await releases.patch(name, { status: what }, { namespace, subresource: 'status' });
  }
}

function fakeHost(told: { httpStatus: TestKubelet['httpStatus']; asked: string[] }): KubeletHost {
  return {
    network: {
      async httpGet(request) {
        told.asked.push(request.path);
        const status = told.httpStatus(request);
        if (status === undefined) throw new ProbeError(`Get "http://${request.ip}${request.path}": no answer`);
        return { status, body: '' };
      },
      async tcpConnect() {},
    },
    files: {
      emptyDir: async (uid, volume) => `/fake/${uid}/${volume}`,
      fileVolume: async (uid, volume) => `/fake/${uid}/${volume}`,
      hostPath: async (path) => path,
      subPath: async (root, path) => `${root}/${path}`,
      async removePod() {},
      logFolder: async ({ uid }, container) => `/fake/logs/${uid}/${container}`,
      async *readLog() {},
      async removeLogs() {},
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
