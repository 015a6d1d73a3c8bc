import { builtinKinds } from '../../src/api/registry.ts';
import { endpointConsumers, endpointSlices, pods } from '../../src/api/resources.ts';
import { createApiServer } from '../../src/apiserver/apiserver.ts';
import type { Env } from '../../src/base/env.ts';
import { silentLog } from '../../src/base/log.ts';
import { Client } from '../../src/client/client.ts';
import { ADDRESSES } from '../../src/cluster/addresses.ts';
import { memoryRevision } from '../../src/cluster/controlplane.ts';
import { ADMIN_GROUP } from '../../src/cluster/credentials.ts';
import { VERSION } from '../../src/cluster/version.ts';
import { EndpointSliceController } from '../../src/controllers/endpointslice/controller.ts';
import { GateController } from '../../src/gate/controller.ts';
import { MemoryStore } from '../../src/store/memory/memorystore.ts';
import { SimTime } from '../clock.ts';
import { between, splitRandom } from '../random.ts';
import { parseLag } from '../simulate/lag.ts';
import { laggingTransport } from './lagging.ts';
import { type Messages, Meter } from './meter.ts';
import { ThinNode } from './node.ts';
import { namespaceOf, nodeName, podName, populate, type Size } from './population.ts';

export interface ScaleOptions extends Size {
  readonly seed: number;
  /** Pods released one after the other, and then how many of one Service at once. */
  readonly releases: number;
  readonly burst: number;
}

/** What releases of one kind came to. */
export interface Measure {
  readonly what: string;
  readonly releases: number;
  /** Simulated milliseconds from the deletion to the node's leave to stop the pod. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Everything that went over the wire meanwhile, the leases of the consumers included. */
  readonly messages: Messages;
  readonly simulatedMs: number;
  readonly cpuMs: number;
}

export interface ScaleReport extends Size {
  readonly consumers: number;
  readonly slices: number;
  readonly startCpuMs: number;
  readonly measures: readonly Measure[];
  /** Most memory that the process ever had, in bytes. */
  readonly rssMaxBytes: number;
  readonly heapUsedBytes: number;
}

const LAG = parseLag('normal(100ms,50ms)');
const WAY_MS: readonly [number, number] = [0.1, 0.6];
const STEP_MS = 500;
const BOUND_MS = 120_000;
/** One node in so many runs a whole service proxy. */
const WHOLE_EVERY = 1_000;

/** Runs a cluster of this size through releases and measures them. `say` is told how far it is. */
export async function measureScale(options: ScaleOptions, say: (text: string) => void): Promise<ScaleReport> {
  const startedAt = process.cpuUsage();
  const cluster = await LargeCluster.start(options, say);
  const startCpuMs = cpuMsSince(startedAt);
  await cluster.rest();
  const random = splitRandom(options.seed, 'releases');
  const single = Array.from({ length: options.releases }, () => Math.floor(random.next() * options.pods));
  const singles = await cluster.measure('one pod after the other', { indexes: [...new Set(single)], together: false });
  say('released one after the other');
  const from = Math.floor((random.next() * options.pods) / 100) * 100;
  const burst = Array.from({ length: Math.min(options.burst, options.pods - from) }, (_, index) => from + index);
  const left = burst.filter((index) => !single.includes(index));
  const bursts = await cluster.measure('pods of one Service at once', { indexes: left, together: true });
  return {
    nodes: options.nodes,
    pods: options.pods,
    ...(await cluster.counts()),
    startCpuMs,
    measures: [singles, bursts],
    rssMaxBytes: process.resourceUsage().maxRSS * 1024,
    heapUsedBytes: process.memoryUsage().heapUsed,
  };
}

class LargeCluster {
  readonly #time: SimTime;
  readonly #user: Client;
  readonly #meter: Meter;
  /** When each pod was deleted and released, by `namespace/name`. */
  readonly #deletedAt = new Map<string, number>();
  readonly #tookMs = new Map<string, number>();

  private constructor(parts: { time: SimTime; user: Client; meter: Meter }) {
    this.#time = parts.time;
    this.#user = parts.user;
    this.#meter = parts.meter;
  }

  static async start(options: ScaleOptions, say: (text: string) => void): Promise<LargeCluster> {
    const { seed } = options;
    const time = new SimTime(seed);
    const meter = new Meter();
    const envOf = (name: string): Env => ({
      clock: time.clock(name),
      random: splitRandom(seed, name),
      log: silentLog,
    });
    const env = envOf('apiserver');
    const durable = new MemoryStore();
    await populate(durable, options);
    say(`${options.nodes} nodes and ${options.pods} pods are in the store`);
    const memory = new MemoryStore({ revision: memoryRevision(env) });
    const { handle } = await createApiServer({
      env,
      stores: { durable, memory },
      registry: builtinKinds(),
      serviceCIDR: ADDRESSES.serviceCIDR,
      nodePortRange: ADDRESSES.nodePortRange,
      version: VERSION,
    });
    const clientOf = (name: string, watchMs: () => number) => {
      const random = splitRandom(seed, `way of ${name}`);
      const wayMs = () => between(random, ...WAY_MS);
      const user = { name, groups: [ADMIN_GROUP] };
      return new Client(laggingTransport({ time, handle, user, meter, wayMs, watchMs }), { userAgent: name });
    };
    const promptly = (name: string) => {
      const random = splitRandom(seed, `watches of ${name}`);
      return clientOf(name, () => between(random, ...WAY_MS));
    };
    const cluster = new LargeCluster({ time, meter, user: promptly('user') });
    const gate = new GateController(promptly('gate'), { env: envOf('gate'), level: 'Observed' });
    const slices = new EndpointSliceController(promptly('endpointslice'), { env: envOf('endpointslice') });
    await cluster.#finish(Promise.all([gate.start(), slices.start()]));
    await cluster.#slicesWritten(Math.ceil(options.pods / 100));
    say('the control plane has caught up');
    const nodes = Array.from({ length: options.nodes }, (_, index) => {
      const name = nodeName(index);
      const random = splitRandom(seed, `lag of ${name}`);
      const router = clientOf(`${name}.proxy`, () => LAG.draw(random));
      const onReleased = (release: { metadata: { namespace?: string; name: string } }) => cluster.#released(release);
      const parts = { name, env: envOf(name), time, router, kubelet: promptly(name), onReleased };
      return new ThinNode(parts, { isWhole: index % WHOLE_EVERY === 0 });
    });
    await cluster.#finish(Promise.all(nodes.map((node) => node.start())));
    say(`${options.nodes} nodes follow`);
    return cluster;
  }

  /** Lets everything settle: all have said how far they are. */
  async rest(): Promise<void> {
    await this.#time.advance(5_000);
  }

  async counts(): Promise<{ consumers: number; slices: number }> {
    const [consumers, slices] = await this.#finish(
      Promise.all([this.#user.of(endpointConsumers).list({}), this.#user.of(endpointSlices).list({})]),
    );
    const routing = consumers.items.filter(({ spec }) => spec.role === 'Consumer');
    return { consumers: routing.length, slices: slices.items.length };
  }

  async measure(what: string, given: { indexes: readonly number[]; together: boolean }): Promise<Measure> {
    this.#meter.take();
    this.#tookMs.clear();
    const before = { cpu: process.cpuUsage(), now: this.#time.now };
    if (given.together) {
      await this.#finish(Promise.all(given.indexes.map((index) => this.#delete(index))));
      await this.#allReleased(given.indexes.length);
    } else {
      for (const [done, index] of given.indexes.entries()) {
        await this.#finish(this.#delete(index));
        await this.#allReleased(done + 1);
      }
    }
    const times = [...this.#tookMs.values()].sort((a, b) => a - b);
    return {
      what,
      releases: times.length,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      messages: this.#meter.take(),
      simulatedMs: this.#time.now - before.now,
      cpuMs: cpuMsSince(before.cpu),
    };
  }

  async #delete(index: number): Promise<void> {
    const [namespace, name] = [namespaceOf(index), podName(index)];
    this.#deletedAt.set(`${namespace}/${name}`, this.#time.now);
    await this.#user.of(pods).delete(name, { namespace });
  }

  #released({ metadata }: { metadata: { namespace?: string; name: string } }): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    const deletedAt = this.#deletedAt.get(key);
    if (deletedAt !== undefined) this.#tookMs.set(key, this.#time.now - deletedAt);
  }

  /** The pods are gone as well, and every consumer has heard of that. */
  async #allReleased(count: number): Promise<void> {
    const missing = () => (this.#tookMs.size < count ? `${count - this.#tookMs.size} pods are released` : undefined);
    await this.#time.until(missing, { boundMs: BOUND_MS, everyMs: STEP_MS });
    await this.#time.advance(STEP_MS);
  }

  async #slicesWritten(count: number): Promise<void> {
    for (;;) {
      const { items } = await this.#finish(this.#user.of(endpointSlices).list({}));
      if (items.length >= count) return;
      await this.#time.advance(STEP_MS);
    }
  }

  async #finish<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    await this.#time.until(() => (isDone ? undefined : 'an answer'), { boundMs: BOUND_MS, everyMs: 1 });
    return work;
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
