import { StatusError } from '../src/api/status.ts';
import type { Env } from '../src/base/env.ts';
import { silentLog } from '../src/base/log.ts';
import { Client } from '../src/client/client.ts';
import { type ClientRequest, type Transport, TransportError } from '../src/client/transport.ts';
import { ADMIN_GROUP } from '../src/cluster/credentials.ts';
import type { SimClock, SimTime } from './clock.ts';
import { FAIR_WEATHER, Link, type LinkWeather, type Reachable } from './network.ts';
import { splitRandom } from './random.ts';
import type { StreamTap } from './watchpipe.ts';

/** How long until whatever watches over processes starts one again that ended by itself. */
const RESTART_MS = 1_000;

/** What every process of one world shares. */
export interface ProcessWorld {
  readonly time: SimTime;
  readonly seed: number;
  readonly server: Reachable;
  /** Sees every watch stream. */
  readonly tap: (owner: string, request: ClientRequest) => StreamTap | undefined;
  /** Puts itself between a process and the network: how a mutation lies. */
  readonly between?: (name: string, transport: Transport) => Transport;
}

/** What a process starts with, each life anew. */
export interface Life {
  readonly env: Env;
  readonly client: Client;
}

export interface ProcessOptions {
  readonly name: string;
  readonly user: string;
  readonly start: (life: Life) => Promise<unknown>;
  /** What else ends with the process. */
  readonly onKilled?: () => void;
}

/** A component as a process: started, killed at any moment, started again with nothing but what the API knows. */
export class SimProcess {
  readonly name: string;
  readonly #world: ProcessWorld;
  readonly #options: ProcessOptions;
  #life: { clock: SimClock; link: Link } | undefined;
  #lives = 0;
  #weather: LinkWeather = FAIR_WEATHER;
  #isCut = false;
  /** Wall clock error of this machine, in milliseconds. */
  skewMs = 0;

  constructor(world: ProcessWorld, options: ProcessOptions) {
    this.name = options.name;
    this.#world = world;
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Requests without an answer yet. */
  get waiting(): readonly string[] {
    return this.#life?.link.waiting ?? [];
  }

  /** Resolves when it has caught up; it starts again by itself when it ended for want of an answer. */
  async start(): Promise<void> {
    if (this.#life) return;
    const { time, seed, server, tap } = this.#world;
    const owner = `${this.name}#${++this.#lives}`;
    const random = splitRandom(seed, owner);
    const clock = time.clock(owner, { skewMs: this.skewMs });
    const link = new Link({
      time,
      random: splitRandom(seed, `link of ${owner}`),
      server,
      owner,
      user: { name: this.#options.user, groups: [ADMIN_GROUP] },
      weather: this.#weather,
      tap: (request) => tap(this.name, request),
    });
    if (this.#isCut) link.cut();
    const life = { clock, link };
    this.#life = life;
    const transport = this.#world.between?.(this.name, link.transport) ?? link.transport;
    const client = new Client(transport, { userAgent: this.#options.user });
    try {
      await this.#options.start({ env: { clock, random, log: silentLog }, client });
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
      if (this.#life !== life) return;
      this.kill();
      await time.pause(RESTART_MS, { owner: this.name });
      await this.start();
    }
  }

  /** kill -9, in the middle of whatever it did. */
  kill(): void {
    const life = this.#life;
    if (!life) return;
    this.#life = undefined;
    life.clock.kill();
    life.link.kill();
    this.#options.onKilled?.();
  }

  set weather(weather: LinkWeather) {
    this.#weather = weather;
    if (this.#life) this.#life.link.weather = weather;
  }

  breakStreams(): void {
    this.#life?.link.breakStreams();
  }

  cut(): void {
    this.#isCut = true;
    this.#life?.link.cut();
  }

  mend(): void {
    this.#isCut = false;
    this.#life?.link.mend();
  }
}
