import type { Handle } from '../src/api/request.ts';
import type { Random } from '../src/base/random.ts';
import { Client } from '../src/client/client.ts';
import { inProcessTransport, TransportError } from '../src/client/transport.ts';
import { controllers } from '../src/cluster/controllers.ts';
import { ADMIN_GROUP } from '../src/cluster/credentials.ts';
import { DEFAULT_LEASE_SECONDS } from '../src/gate/registration.ts';
import { SimApiServer } from './apiserver.ts';
import { SimTime } from './clock.ts';
import { SimDisk } from './disk.ts';
import { FAULTS } from './faults.ts';
import type { Mutation } from './mutations.ts';
import { SimNode } from './node.ts';
import { operate } from './operations.ts';
import { checkPlan, type WorldPlan } from './plan.ts';
import { type ProcessWorld, SimProcess } from './process.ts';
import { between, splitRandom } from './random.ts';
import type { Stage } from './stage.ts';
import { Streams } from './streams.ts';
import { Trace } from './trace.ts';
import { traceChanges } from './tracechanges.ts';
import { type SimLoss, Traffic } from './traffic.ts';
import { Truth } from './truth.ts';
import { createWorkload, NAMESPACE, SERVICE_PORT } from './workload.ts';

/** A container was told to stop: by the world's own eyes. */
export interface StopFact {
  readonly at: number;
  readonly podUID: string;
  /** Live routers whose rules still gave the pod new connections. */
  readonly routers: readonly string[];
}

export interface Interval {
  readonly node: string;
  readonly from: number;
  to: number;
}

/**
 * One simulated cluster: the real API server, controllers, kubelets and proxies over simulated time, network, disk,
 * kernel and clients. It only runs; what it promises is looked at by the checkers.
 */
export class World implements Stage {
  readonly seed: number;
  readonly plan: WorldPlan;
  readonly time: SimTime;
  readonly random: Random;
  readonly truth: Truth;
  readonly trace: Trace;
  readonly streams = new Streams();
  readonly server: SimApiServer;
  readonly controllers: readonly SimProcess[];
  readonly nodes: readonly SimNode[];
  readonly traffic: Traffic;
  /** A client that needs no network. */
  readonly user: Client;
  readonly stops: StopFact[] = [];
  /** When each pod fell over or lost its node. */
  readonly crashes = new Map<string, number>();
  /** The same by address. */
  readonly crashedAddresses = new Map<string, number>();
  /** When nodes were without power. */
  readonly outages: Interval[] = [];
  /** What Deployments ask for by now. */
  readonly replicas = new Map<string, number>();
  /** What a store that was opened again lacked. */
  readonly forgotten: { at: number; what: string }[] = [];
  /** When faults began, and when all of them were healed. */
  faultsFrom = 0;
  healedAt = Number.POSITIVE_INFINITY;
  diskMs: readonly [from: number, to: number] = [0.2, 1.5];
  readonly #disk: SimDisk;
  readonly #addresses = new Map<string, string>();
  #stopLoad: (() => void)[] = [];

  constructor(seed: number, plan: WorldPlan, mutation?: Mutation) {
    checkPlan(plan);
    this.seed = seed;
    this.plan = plan;
    this.time = new SimTime(seed);
    this.random = splitRandom(seed, 'world');
    this.truth = new Truth(this.time);
    this.trace = new Trace(this.time);
    traceChanges(this.truth, this.trace);
    this.#disk = new SimDisk({
      time: this.time,
      random: splitRandom(seed, 'disk'),
      writeMs: () => between(this.random, ...this.diskMs),
      keepRevisions: plan.keepRevisions,
    });
    this.server = new SimApiServer({ time: this.time, seed, disk: this.#disk, truth: this.truth });
    const world: ProcessWorld = {
      time: this.time,
      seed,
      server: this.server,
      tap: (owner, request) => this.streams.tap(owner, request),
      ...(mutation?.transport ? { between: mutation.transport } : {}),
    };
    this.controllers = controllers({ registry: this.server.registry, level: 'Observed' }).map(
      ({ name, user, make }) =>
        new SimProcess(world, { name, user, start: ({ client, env }) => make(client, env).start() }),
    );
    this.nodes = Array.from({ length: plan.nodes }, (_, index) => this.#node(index + 1, { world, mutation }));
    const nodeOf = (ip: string) => this.nodes[Number(ip.split('.')[2]) - 1];
    this.traffic = new Traffic({ time: this.time, random: splitRandom(seed, 'clients'), nodes: this.nodes, nodeOf });
    this.traffic.onLoss((loss) => this.#lost(loss));
    const handle: Handle = (request) => {
      if (!this.server.handle) throw new TransportError('Cannot reach the API server: it is down');
      return this.server.handle(request);
    };
    this.user = new Client(async (request) =>
      inProcessTransport(handle, { name: 'user', groups: [ADMIN_GROUP] })(request),
    );
    this.#skewClocks();
  }

  /** Every process of ours but the API server. */
  get processes(): SimProcess[] {
    return [...this.controllers, ...this.nodes.flatMap(({ kubelet, proxy }) => [kubelet, proxy])];
  }

  addressOf(service: string): string {
    return this.#addresses.get(service) ?? '';
  }

  /** Brings the cluster up with its workloads. Resolves when everything has been asked for, not when it is there. */
  async boot(): Promise<void> {
    await this.settle(this.startApiServer());
    await this.settle(Promise.all(this.controllers.map((process) => process.start())));
    await this.settle(Promise.all(this.nodes.map((node) => node.start())));
    for (const plan of this.plan.services) {
      this.replicas.set(plan.name, plan.replicas);
      const created = createWorkload(this.user, plan).then((address) => this.#addresses.set(plan.name, address));
      await this.settle(created);
    }
  }

  /** Lets clients send, things break and users act for as long as the plan says. */
  async run(): Promise<void> {
    this.faultsFrom = this.time.now;
    const healers: (() => Promise<void> | void)[] = [];
    this.startLoad();
    for (const [index, { kind, atMs, forMs, strength, lagMs }] of this.plan.faults.entries()) {
      const random = splitRandom(this.seed, `fault ${index}`);
      this.time.after(atMs, () => {
        if (this.healedAt < Number.POSITIVE_INFINITY) return;
        this.trace.note('control plane', `fault: ${kind} begins, for ${forMs.toFixed(0)} ms`);
        const heal = FAULTS[kind](this, { strength, random, lagMs });
        const once = { done: false };
        const end = () => {
          if (once.done) return;
          once.done = true;
          this.trace.note('control plane', `fault: ${kind} ends`);
          return heal();
        };
        healers.push(end);
        this.time.after(forMs, () => void end());
      });
    }
    for (const operation of this.plan.operations) this.time.after(operation.atMs, () => void operate(this, operation));
    await this.time.advance(this.plan.durationMs);
    await this.#heal(healers);
  }

  startLoad(): void {
    this.#stopLoad = this.plan.services
      .filter(({ perSecond }) => perSecond > 0)
      .map(({ name, perSecond }) =>
        this.traffic.start({
          service: `${NAMESPACE}/${name}`,
          clusterIP: this.addressOf(name),
          port: SERVICE_PORT,
          perSecond,
        }),
      );
  }

  stopLoad(): void {
    for (const stop of this.#stopLoad) stop();
  }

  crashApiServer(): void {
    this.trace.note('control plane', 'API server is killed');
    this.server.crash();
  }

  async startApiServer(): Promise<void> {
    if (this.server.handle) return;
    await this.server.start();
    this.trace.note('control plane', 'API server is up');
    const { durable } = this.server;
    const at = this.time.now;
    if (durable) this.forgotten.push(...this.truth.differences(durable).map((what) => ({ at, what })));
  }

  /** The store forgets all but its latest `keep` revisions. */
  compact(keep: number): void {
    const store = this.server.durable;
    if (store && store.revision > keep) void store.compact(Math.floor(store.revision - keep)).catch(() => {});
  }

  /** Whether the consumer has said something within its lease: it must then be waited for. */
  isLive(consumer: string): boolean {
    const heardAt = this.truth.heardAt.get(consumer);
    return heardAt !== undefined && this.time.now - heardAt <= DEFAULT_LEASE_SECONDS * 1000;
  }

  #node(index: number, { world, mutation }: { world: ProcessWorld; mutation: Mutation | undefined }): SimNode {
    return new SimNode({
      index,
      world,
      seams: mutation?.seams ?? {},
      level: 'Observed',
      observer: {
        onStopSignal: (uid, node) => this.#stopped(uid, node),
        onCrash: (uid, node) => {
          this.#crashed(uid);
          this.trace.note('node', `${node.name}: pod ${this.#nameOf(uid)} falls over`, [this.#nameOf(uid)]);
        },
        onRules: (node, services) => this.#ruled(node, services),
        onPower: (node, isUp) => this.#power(node.name, isUp),
      },
      flushUnreplied: async (podIP) => {
        await Promise.all(this.nodes.map(({ dataPlane }) => dataPlane.flushUnreplied(podIP)));
      },
    });
  }

  #lost({ request, kind, via, endpointIP, service }: SimLoss): void {
    const pod = endpointIP && this.truth.podAt(endpointIP)?.metadata.name;
    const text = `${via}: request ${request} to ${service} is lost (${kind}), led to ${pod ?? 'nobody'}`;
    this.trace.note('node', text, [via, service, ...(pod ? [pod] : [])]);
  }

  #ruled(node: SimNode, services: readonly string[]): void {
    for (const service of services) {
      const pods = node.dataPlane.endpointsOf(service).map(({ ip }) => this.truth.podAt(ip)?.metadata.name ?? ip);
      const names = [...new Set(pods)];
      const text = `${node.name}: the rules of ${service} lead to ${names.join(', ') || 'nobody'}`;
      this.trace.note('node', text, [node.name, service, ...names]);
    }
  }

  #crashed(uid: string): void {
    if (!this.crashes.has(uid)) this.crashes.set(uid, this.time.now);
    const ip = this.truth.pod(uid)?.status?.podIP;
    if (ip && !this.crashedAddresses.has(ip)) this.crashedAddresses.set(ip, this.time.now);
  }

  #power(node: string, isUp: boolean): void {
    this.trace.note('node', `${node}: power ${isUp ? 'on' : 'off'}`, [node]);
    if (!isUp) this.outages.push({ node, from: this.time.now, to: Number.POSITIVE_INFINITY });
    const outage = this.outages.findLast((one) => one.node === node);
    if (isUp && outage) outage.to = this.time.now;
  }

  /** Looks at every live router's rules in the moment a container is told to stop. */
  #stopped(podUID: string, node: SimNode): void {
    const ip = this.truth.pod(podUID)?.status?.podIP;
    const leads = ({ dataPlane }: SimNode) =>
      [...dataPlane.services()].some((service) => {
        const endpoints = dataPlane.endpointsOf(service);
        const isFallback = endpoints.every((one) => this.#isGoing(one.ip));
        return !isFallback && endpoints.some((endpoint) => endpoint.ip === ip);
      });
    const routers = this.nodes.filter(
      (one) => one.isUp && one.proxy.isRunning && this.isLive(one.proxy.name) && ip !== undefined && leads(one),
    );
    this.stops.push({ at: this.time.now, podUID, routers: routers.map(({ proxy }) => proxy.name) });
    this.trace.note('node', `${node.name}: stop signal to ${this.#nameOf(podUID)}`, [this.#nameOf(podUID)]);
  }

  /** The pod at `ip` is on its way out, or was cut short with its node (whose addresses then begin anew). */
  #isGoing(ip: string): boolean {
    return this.truth.podAt(ip)?.metadata.deletionTimestamp !== undefined || this.crashedAddresses.has(ip);
  }

  #nameOf(uid: string): string {
    return this.truth.pod(uid)?.metadata.name ?? uid;
  }

  #skewClocks(): void {
    const random = splitRandom(this.seed, 'skew');
    const { skewMs } = this.plan;
    for (const process of this.controllers) process.skewMs = between(random, -skewMs, skewMs);
    for (const { kubelet, proxy } of this.nodes) {
      kubelet.skewMs = between(random, -skewMs, skewMs);
      proxy.skewMs = kubelet.skewMs;
    }
  }

  async #heal(healers: readonly (() => Promise<void> | void)[]): Promise<void> {
    this.trace.note('control plane', 'all faults are healed');
    this.healedAt = this.time.now;
    void this.startApiServer();
    for (const heal of healers) void heal();
    for (const process of this.controllers) void process.start();
    for (const node of this.nodes) void node.start();
  }

  /** Lets time pass until `work` is done. */
  async settle(work: Promise<unknown>): Promise<void> {
    let settled: { error?: unknown } | undefined;
    work.then(
      () => {
        settled = {};
      },
      (error) => {
        settled = { error };
      },
    );
    await this.time.until(() => (settled ? undefined : 'an answer of the API server'), { boundMs: 60_000, everyMs: 5 });
    if (settled && 'error' in settled) throw settled.error;
  }
}
