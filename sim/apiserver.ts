import { builtinKinds } from '../src/api/registry.ts';
import type { Handle } from '../src/api/request.ts';
import { type ApiServer, createApiServer } from '../src/apiserver/apiserver.ts';
import type { Env } from '../src/base/env.ts';
import { silentLog } from '../src/base/log.ts';
import { ADDRESSES } from '../src/cluster/addresses.ts';
import { memoryRevision } from '../src/cluster/controlplane.ts';
import { VERSION } from '../src/cluster/version.ts';
import { MemoryStore } from '../src/store/memory/memorystore.ts';
import type { Change, Store } from '../src/store/store.ts';
import type { SimClock, SimTime } from './clock.ts';
import type { SimDisk } from './disk.ts';
import type { Reachable } from './network.ts';
import { splitRandom } from './random.ts';
import type { StoreName, Truth } from './truth.ts';

export interface SimApiServerOptions {
  readonly time: SimTime;
  readonly seed: number;
  readonly disk: SimDisk;
  /** Sees every change in the moment it is visible to anybody. */
  readonly truth: Truth;
}

/** The API server as a process: what it acknowledged outlives it, what it kept in memory does not. */
export class SimApiServer implements Reachable {
  readonly registry = builtinKinds();
  readonly #options: SimApiServerOptions;
  readonly #downListeners = new Set<() => void>();
  #running: { server: ApiServer; clock: SimClock; durable: Store; memory: MemoryStore } | undefined;
  #lives = 0;

  constructor(options: SimApiServerOptions) {
    this.#options = options;
  }

  get handle(): Handle | undefined {
    return this.#running?.server.handle;
  }

  /** The durable store as it is now; undefined while the server is down. */
  get durable(): Store | undefined {
    return this.#running?.durable;
  }

  get memory(): Store | undefined {
    return this.#running?.memory;
  }

  onDown(listener: () => void): () => void {
    this.#downListeners.add(listener);
    return () => this.#downListeners.delete(listener);
  }

  async start(): Promise<void> {
    const { time, seed, disk, truth } = this.#options;
    const name = `apiserver#${++this.#lives}`;
    const clock = time.clock(name);
    const env: Env = { clock, random: splitRandom(seed, name), log: silentLog };
    const durable = await disk.open(silentLog);
    const memory = new MemoryStore({ revision: memoryRevision(env) });
    const watch = (store: Store, kind: StoreName, fromRevision: number) => {
      const onChanges = (changes: readonly Change[]) => truth.saw(changes, kind);
      store.watch({ prefix: '/registry/', fromRevision, onChanges });
    };
    truth.memoryLost();
    watch(durable, 'durable', Math.max(truth.revision, durable.compactedRevision));
    watch(memory, 'memory', memory.revision);
    const server = await createApiServer({
      env,
      stores: { durable, memory },
      registry: this.registry,
      serviceCIDR: ADDRESSES.serviceCIDR,
      nodePortRange: ADDRESSES.nodePortRange,
      version: VERSION,
    });
    this.#running = { server, clock, durable, memory };
  }

  /** kill -9: no stream ends in good order, no write under way is answered. */
  crash(): void {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    this.#options.disk.crash();
    running.clock.kill();
    for (const listener of [...this.#downListeners]) listener();
  }
}
