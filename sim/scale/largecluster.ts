import { builtinKinds } from '../../src/api/registry.ts';
import type { Handle } from '../../src/api/request.ts';
import { endpointConsumers, endpointSlices, pods } from '../../src/api/resources.ts';
import type { PodRelease } from '../../src/api/types/segue.ts';
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
import { Meter } from './meter.ts';
import { ThinNode } from './node.ts';
import { namespaceOf, nodeName, PODS_OF_A_SERVICE, podName, populate, type Size } from './population.ts';

/** From a slice's change until a router has it: what a large cluster's network and kernels take. */
const LAG = parseLag('normal(100ms,50ms)');
const WAY_MS: readonly [number, number] = [0.1, 0.6];
const BOUND_MS = 120_000;
/** How often it is asked whether all is done, and how long what follows from it may go on. */
const STEP_MS = 500;
/** Until everybody has said how far they are after the start. */
const REST_MS = 5_000;
/** One node in so many runs a whole service proxy. */
const WHOLE_EVERY = 1_000;

/** The real API server, EndpointSlice controller and gate, with the routers and releases of thousands of nodes. */
export class LargeCluster {
  readonly time: SimTime;
  readonly meter = new Meter();
  readonly #seed: number;
  readonly #user: Client;
  /** When each pod was deleted, and how long until it was released, by its key. */
  readonly #deletedAt = new Map<string, number>();
  readonly #tookMs = new Map<string, number>();
  readonly #handle: Handle;

  private constructor(parts: { time: SimTime; seed: number; handle: Handle }) {
    this.time = parts.time;
    this.#seed = parts.seed;
    this.#handle = parts.handle;
    this.#user = this.#prompt('user');
  }

  /** Fills the store and starts everything. Resolves when all follow. */
  static async start(size: Size & { seed: number }, say: (text: string) => void): Promise<LargeCluster> {
    const time = new SimTime(size.seed);
    const durable = new MemoryStore();
    await populate(durable, size);
    say(`${size.nodes} nodes and ${size.pods} pods are in the store`);
    const env = envOf(time, { seed: size.seed, name: 'apiserver' });
    const { handle } = await createApiServer({
      env,
      stores: { durable, memory: new MemoryStore({ revision: memoryRevision(env) }) },
      registry: builtinKinds(),
      serviceCIDR: ADDRESSES.serviceCIDR,
      nodePortRange: ADDRESSES.nodePortRange,
      version: VERSION,
    });
    const cluster = new LargeCluster({ time, seed: size.seed, handle });
    await cluster.#startControllers(size);
    say('the control plane has caught up');
    const nodes = Array.from({ length: size.nodes }, (_, index) => cluster.#node(index));
    await cluster.#finish(Promise.all(nodes.map((node) => node.start())));
    await time.advance(REST_MS);
    say(`${size.nodes} nodes follow`);
    return cluster;
  }

  /**
   * Deletes the pods of these numbers at once. Resolves when each was released, stopped and is gone, with how long each
   * waited for its release, in simulated milliseconds.
   */
  async release(indexes: readonly number[]): Promise<number[]> {
    this.#tookMs.clear();
    await this.#finish(Promise.all(indexes.map((index) => this.#delete(index))));
    const missing = () => {
      const left = indexes.length - this.#tookMs.size;
      return left > 0 ? `${left} pods are released` : undefined;
    };
    await this.time.until(missing, { boundMs: BOUND_MS, everyMs: STEP_MS });
    await this.time.advance(STEP_MS);
    return [...this.#tookMs.values()];
  }

  async counts(): Promise<{ consumers: number; slices: number }> {
    const [consumers, slices] = await this.#finish(
      Promise.all([this.#user.of(endpointConsumers).list({}), this.#user.of(endpointSlices).list({})]),
    );
    const routing = consumers.items.filter(({ spec }) => spec.role === 'Consumer');
    return { consumers: routing.length, slices: slices.items.length };
  }

  async #startControllers({ pods: podCount }: Size): Promise<void> {
    const gate = new GateController(this.#prompt('gate'), { env: this.#env('gate'), level: 'Observed' });
    const slices = new EndpointSliceController(this.#prompt('endpointslice'), { env: this.#env('endpointslice') });
    await this.#finish(Promise.all([gate.start(), slices.start()]));
    for (let written = 0; written < Math.ceil(podCount / PODS_OF_A_SERVICE); ) {
      written = (await this.#finish(this.#user.of(endpointSlices).list({}))).items.length;
      await this.time.advance(STEP_MS);
    }
  }

  #node(index: number): ThinNode {
    const name = nodeName(index);
    const random = splitRandom(this.#seed, `lag of ${name}`);
    const parts = {
      name,
      env: this.#env(name),
      time: this.time,
      router: this.#client(`${name}.proxy`, () => LAG.draw(random)),
      kubelet: this.#prompt(name),
      onReleased: (release: PodRelease) => this.#released(release),
    };
    return new ThinNode(parts, { isWhole: index % WHOLE_EVERY === 0 });
  }

  async #delete(index: number): Promise<void> {
    const [namespace, name] = [namespaceOf(index), podName(index)];
    this.#deletedAt.set(`${namespace}/${name}`, this.time.now);
    await this.#user.of(pods).delete(name, { namespace });
  }

  #released({ metadata }: PodRelease): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    const deletedAt = this.#deletedAt.get(key);
    if (deletedAt !== undefined) this.#tookMs.set(key, this.time.now - deletedAt);
  }

  #env(name: string): Env {
    return envOf(this.time, { seed: this.#seed, name });
  }

  /** A client that hears of changes as fast as its requests go. */
  #prompt(name: string): Client {
    const random = splitRandom(this.#seed, `watches of ${name}`);
    return this.#client(name, () => between(random, ...WAY_MS));
  }

  #client(name: string, watchMs: () => number): Client {
    const random = splitRandom(this.#seed, `way of ${name}`);
    const transport = laggingTransport({
      time: this.time,
      handle: this.#handle,
      user: { name, groups: [ADMIN_GROUP] },
      meter: this.meter,
      wayMs: () => between(random, ...WAY_MS),
      watchMs,
    });
    return new Client(transport, { userAgent: name });
  }

  async #finish<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    await this.time.until(() => (isDone ? undefined : 'an answer'), { boundMs: BOUND_MS, everyMs: 1 });
    return work;
  }
}

function envOf(time: SimTime, { seed, name }: { seed: number; name: string }): Env {
  return { clock: time.clock(name), random: splitRandom(seed, name), log: silentLog };
}
