import type { Random } from '../src/base/random.ts';
import type { FakeProcess, FakeProgram } from '../src/runtime/fake/fakeruntime.ts';
import type { SimTime } from './clock.ts';
import { between, chance } from './random.ts';
import type { PodSockets, SimConnection } from './sockets.ts';

export const APP_PORT = 8080;

type Range = readonly [from: number, to: number];

/** What an application does, in the form that its pod carries as its argument. Times in milliseconds. */
export interface AppBehaviour {
  /** From the start of the process to its listener. */
  readonly readyMs: Range;
  /** From a connection accepted to its answer. */
  readonly serviceMs: Range;
  /** How long its event loop takes to come round to a new connection or a signal. */
  readonly loopMs: Range;
  /** A request now and then blocks the loop for as long as this; nothing else happens meanwhile. */
  readonly blockedMs: number;
  readonly blockedShare: number;
  /**
   * `finish`: closes its listener at the stop signal, answers what it accepted, ends. `linger`: goes on serving for a
   * while first. `ignore`: goes on until it is killed. `die`: ends at once, whatever it had accepted. `drop`: closes its
   * listener and every connection at the stop signal, and takes its time to end.
   */
  readonly onStop: 'finish' | 'linger' | 'ignore' | 'die' | 'drop';
  readonly lingerMs: number;
  readonly backlog: number;
  /** How long it takes to be gone once all is answered. */
  readonly exitMs: Range;
}

export const PLAIN_APP: AppBehaviour = {
  readyMs: [50, 300],
  serviceMs: [1, 20],
  loopMs: [0.05, 1],
  blockedMs: 15,
  blockedShare: 0.05,
  onStop: 'finish',
  lingerMs: 0,
  backlog: 128,
  exitMs: [1, 30],
};

export interface AppPlace {
  readonly time: SimTime;
  readonly random: Random;
  readonly sockets: () => PodSockets | undefined;
  readonly onStopSignal: () => void;
  /** It ended by itself, without having been asked to. */
  readonly onCrash: () => void;
}

/**
 * One run of an application: a process with an event loop, a listener and connections.
 *
 *     Starting ──► Serving ──► Finishing ──► Ended        (onStop: finish)
 *                     └───────────────────────►           (die, killed, crashed)
 */
export class SimApp {
  readonly #behaviour: AppBehaviour;
  readonly #place: AppPlace;
  readonly #active = new Set<SimConnection>();
  #process: FakeProcess | undefined;
  #state: 'Starting' | 'Serving' | 'Finishing' | 'Ended' = 'Starting';
  #isAccepting = false;
  #blockedUntil = 0;
  #isAsked = false;
  /** Says no to readiness probes although it serves. */
  isFlapping = false;

  constructor(behaviour: AppBehaviour, place: AppPlace) {
    this.#behaviour = behaviour;
    this.#place = place;
  }

  get isReady(): boolean {
    return this.#state === 'Serving' && !this.isFlapping;
  }

  get program(): FakeProgram {
    return {
      onStart: (process) => this.#started(process),
      onSignalled: (signal) => this.#signalled(signal),
      onEnd: () => this.#ended(),
    };
  }

  /** Falls over, as by a bug of its own. */
  crash(): void {
    if (this.#state === 'Ended' || this.#isAsked) return;
    this.#place.onCrash();
    this.#process?.end({ signal: 11 });
  }

  #started(process: FakeProcess): void {
    this.#process = process;
    this.#later(this.#behaviour.readyMs, () => {
      if (this.#state !== 'Starting') return;
      this.#state = 'Serving';
      const { backlog } = this.#behaviour;
      this.#place.sockets()?.listen({ port: APP_PORT, queue: [], backlog, onWaiting: () => this.#wake() });
    });
  }

  #signalled(signal: string): void {
    if (signal === 'SIGKILL') {
      this.#isAsked = true;
      return;
    }
    this.#isAsked = true;
    this.#place.onStopSignal();
    const { onStop, lingerMs } = this.#behaviour;
    if (onStop === 'ignore') return;
    if (onStop === 'die') {
      this.#process?.end({ exitCode: 0 });
      return;
    }
    const lag = this.#loopMs();
    if (onStop === 'drop') {
      this.#place.time.after(lag, () => this.#drop());
      return;
    }
    this.#place.time.after(lag + (onStop === 'linger' ? lingerMs : 0), () => this.#finish());
  }

  /** Closes the listener in one turn of its loop: what waited in the accept queue is lost. */
  #finish(): void {
    if (this.#state === 'Ended') return;
    this.#state = 'Finishing';
    this.#place.sockets()?.closeListener(APP_PORT);
    this.#endIfIdle();
  }

  /** Has no time for anybody any more. */
  #drop(): void {
    if (this.#state === 'Ended') return;
    this.#state = 'Finishing';
    this.#active.clear();
    this.#place.sockets()?.resetAll();
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (this.#state !== 'Finishing' || this.#active.size > 0) return;
    this.#later(this.#behaviour.exitMs, () => this.#process?.end({ exitCode: 0 }));
  }

  #ended(): void {
    this.#state = 'Ended';
    this.#active.clear();
    this.#place.sockets()?.resetAll();
  }

  #wake(): void {
    if (this.#isAccepting) return;
    this.#isAccepting = true;
    const accept = () => {
      this.#isAccepting = false;
      if (this.#state !== 'Serving') return;
      for (const connection of this.#place.sockets()?.accept(APP_PORT) ?? []) this.#serve(connection);
    };
    this.#place.time.after(this.#loopMs(), accept, { silent: true });
  }

  #serve(connection: SimConnection): void {
    this.#active.add(connection);
    this.#mayBlock();
    const { time, random } = this.#place;
    const answer = () => {
      this.#active.delete(connection);
      connection.answer(200);
      this.#endIfIdle();
    };
    time.after(between(random, ...this.#behaviour.serviceMs), answer, { silent: true });
  }

  /** How long until the loop comes round to something new. */
  #loopMs(): number {
    const { random, time } = this.#place;
    const freeMs = Math.max(0, this.#blockedUntil - time.now);
    return freeMs + between(random, ...this.#behaviour.loopMs);
  }

  #mayBlock(): void {
    const { random, time } = this.#place;
    const { blockedMs, blockedShare } = this.#behaviour;
    if (!chance(random, blockedShare)) return;
    this.#blockedUntil = Math.max(this.#blockedUntil, time.now + between(random, 0, blockedMs));
  }

  #later(range: Range, act: () => void): void {
    this.#place.time.after(between(this.#place.random, ...range), act);
  }
}
