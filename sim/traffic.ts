import type { Timer } from '../src/base/clock.ts';
import type { Random } from '../src/base/random.ts';
import type { FakeConnection } from '../src/network/proxy/fake/dataplane.ts';
import type { LossKind, RequestPhase } from '../src/verify/load/outcome.ts';
import type { SimTime } from './clock.ts';
import type { SimNode } from './node.ts';
import { between, exponential, pick } from './random.ts';
import type { PodSockets, SimConnection } from './sockets.ts';

/** One request that got no whole answer, with what only the world knows about it. Times in simulated milliseconds. */
export interface SimLoss {
  readonly request: number;
  readonly service: string;
  readonly sentAt: number;
  readonly settledAt: number;
  readonly kind: LossKind;
  readonly phase: RequestPhase;
  /** Node whose rules led it. */
  readonly via: string;
  /** Endpoint that it was led to last. */
  readonly endpointIP: string | undefined;
  readonly podUID: string | undefined;
  /** Endpoints that the rules knew when it was sent. */
  readonly known: readonly string[];
}

export interface TrafficOptions {
  readonly time: SimTime;
  readonly random: Random;
  readonly nodes: readonly SimNode[];
  /** Every node that could have the address. */
  readonly nodeOf: (podIP: string) => SimNode | undefined;
}

export interface LoadOptions {
  /** `namespace/name` of the Service, and where it is reached. */
  readonly service: string;
  readonly clusterIP: string;
  readonly port: number;
  readonly perSecond: number;
}

/** One way of a packet between nodes, in milliseconds. */
const WAY_MS: readonly [number, number] = [0.05, 0.4];
const TIMEOUT_MS = 10_000;
/** When a SYN without an answer is sent again: Linux' first retransmissions. */
const SYN_RETRY_MS = [1_000, 2_000, 4_000];

/** Open-loop clients: requests come at their rate whatever becomes of them, each on a connection of its own. */
export class Traffic {
  readonly losses: SimLoss[] = [];
  readonly #options: TrafficOptions;
  readonly #lossListeners: ((loss: SimLoss) => void)[] = [];
  #requests = 0;
  #answered = 0;
  #running = 0;

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  get sent(): number {
    return this.#requests;
  }

  get answered(): number {
    return this.#answered;
  }

  onLoss(listener: (loss: SimLoss) => void): void {
    this.#lossListeners.push(listener);
  }

  /** Begins to send; returns the way to stop. */
  start(load: LoadOptions): () => void {
    const { time, random } = this.#options;
    let stopped = false;
    const next = () => {
      time.after(
        exponential(random, 1000 / load.perSecond),
        () => {
          if (stopped) return;
          this.#send(load);
          next();
        },
        { silent: true, owner: 'clients' },
      );
    };
    next();
    return () => {
      stopped = true;
    };
  }

  /** Requests that are neither answered nor lost yet. */
  get underWay(): number {
    return this.#running;
  }

  #send(load: LoadOptions): void {
    const { time, random, nodes } = this.#options;
    const routing = nodes.filter(({ isRouting }) => isRouting);
    if (routing.length === 0) return;
    const via = pick(random, routing);
    this.#running++;
    const request = new Request(++this.#requests, { load, via, time, random, nodeOf: this.#options.nodeOf });
    request.begin((loss) => {
      this.#running--;
      if (!loss) {
        this.#answered++;
        return;
      }
      this.losses.push(loss);
      for (const listener of this.#lossListeners) listener(loss);
    });
  }
}

interface RequestParts {
  readonly load: LoadOptions;
  readonly via: SimNode;
  readonly time: SimTime;
  readonly random: Random;
  readonly nodeOf: (podIP: string) => SimNode | undefined;
}

/** One request: SYN through the node's rules, handshake, accept queue, answer. */
class Request {
  readonly #number: number;
  readonly #parts: RequestParts;
  readonly #sentAt: number;
  readonly #plane: SimNode['dataPlane'];
  #settle: (loss: SimLoss | undefined) => void = () => {};
  #done = false;
  #tracked: FakeConnection | undefined;
  #connection: SimConnection | undefined;
  #podUID: string | undefined;
  #wasConnected = false;
  #timeout: Timer | undefined;
  #known: readonly string[] = [];

  constructor(number: number, parts: RequestParts) {
    this.#number = number;
    this.#parts = parts;
    this.#sentAt = parts.time.now;
    this.#plane = parts.via.dataPlane;
  }

  begin(settle: (loss: SimLoss | undefined) => void): void {
    this.#settle = settle;
    this.#timeout = this.#parts.time.after(TIMEOUT_MS, () => this.#lose('timedOut'), {
      silent: true,
      owner: 'clients',
    });
    this.#syn(0);
  }

  #syn(attempt: number): void {
    if (this.#done) return;
    const { load, via } = this.#parts;
    if (!via.isUp) return;
    const packet = { address: load.clusterIP, port: load.port, protocol: 'TCP' as const, clientIP: via.ip };
    const tracked = this.#tracked ? this.#plane.send(this.#tracked) : this.#plane.connect(packet);
    if (attempt === 0) this.#known = this.#plane.endpointsOf(load.service).map(({ ip }) => ip);
    if (tracked === 'refused') this.#lose('refused');
    else {
      this.#tracked = tracked;
      this.#way(() => this.#arrive(attempt));
    }
  }

  #arrive(attempt: number): void {
    if (this.#done || !this.#tracked) return;
    const { ip, port } = this.#tracked.endpoint;
    const node = this.#parts.nodeOf(ip);
    const pod = node?.isUp ? node.podNetwork.at(ip) : undefined;
    this.#podUID = pod?.uid;
    const taken = pod?.sockets.syn(port, {
      onReset: () => this.#way(() => this.#lose('reset')),
      onAnswer: () => this.#way(() => this.#answered()),
    });
    if (!node?.isUp || taken === 'dropped') this.#again(attempt);
    else if (!pod || !taken) this.#way(() => this.#lose('unreachable'));
    else if (taken === 'refused') this.#way(() => this.#lose('refused'));
    else this.#shakeHands(taken, { sockets: pod.sockets, port });
  }

  #shakeHands(connection: SimConnection, at: { sockets: PodSockets; port: number }): void {
    this.#connection = connection;
    this.#way(() => {
      if (this.#tracked) this.#tracked.replied = true;
      this.#way(() => at.sockets.ack(at.port, connection));
    });
  }

  /** The SYN got no answer: it is sent again along the way that the kernel remembers. */
  #again(attempt: number): void {
    const waitMs = SYN_RETRY_MS[attempt];
    if (waitMs === undefined) return;
    this.#parts.time.after(waitMs, () => this.#syn(attempt + 1), { silent: true, owner: 'clients' });
  }

  #way(act: () => void): void {
    const { time, random } = this.#parts;
    time.after(between(random, ...WAY_MS), act, { silent: true, owner: 'clients' });
  }

  #answered(): void {
    if (this.#done) return;
    this.#end();
    this.#settle(undefined);
  }

  #lose(kind: LossKind): void {
    if (this.#done) return;
    this.#end();
    this.#settle({
      request: this.#number,
      service: this.#parts.load.service,
      sentAt: this.#sentAt,
      settledAt: this.#parts.time.now,
      kind,
      phase: this.#wasConnected ? 'sent' : 'connecting',
      via: this.#parts.via.name,
      endpointIP: this.#tracked?.endpoint.ip,
      podUID: this.#podUID,
      known: this.#known,
    });
  }

  #end(): void {
    this.#done = true;
    this.#timeout?.cancel();
    this.#wasConnected = this.#tracked?.replied ?? false;
    this.#connection?.close();
    if (this.#tracked) this.#plane.end(this.#tracked);
  }
}
