import type { ApiRequest, ApiResponse, Handle, User, WatchStream } from '../src/api/request.ts';
import type { Random } from '../src/base/random.ts';
import { type ClientRequest, type Transport, TransportError } from '../src/client/transport.ts';
import type { SimTime } from './clock.ts';
import { between, chance } from './random.ts';
import { type StreamTap, WatchPipe } from './watchpipe.ts';

/** How a link behaves at present. Times in milliseconds, shares from 0 to 1. */
export interface LinkWeather {
  readonly delayMs: readonly [from: number, to: number];
  /** What watch events wait in addition: a reader that lags. From a range, or as the function draws. */
  readonly watchDelayMs: readonly [from: number, to: number] | ((random: Random) => number);
  /** Share of requests, and as often of answers, that are lost. */
  readonly loss: number;
}

export const FAIR_WEATHER: LinkWeather = { delayMs: [0.1, 0.6], watchDelayMs: [0, 0.4], loss: 0 };

/** How long a client waits for an answer that does not come before it gives up. */
const GIVE_UP_MS: readonly [number, number] = [1_000, 5_000];

/** The API server as links see it. */
export interface Reachable {
  /** Undefined while it is down. */
  readonly handle: Handle | undefined;
  /** Called when the process goes down. Returns the way to unsubscribe. */
  onDown(listener: () => void): () => void;
}

export interface LinkOptions {
  readonly time: SimTime;
  readonly random: Random;
  readonly server: Reachable;
  /** Who is at the near end: also named when the world stalls. */
  readonly owner: string;
  readonly user: User;
  readonly weather: LinkWeather;
  /** Sees every watch stream of this link. */
  readonly tap?: (request: ClientRequest) => StreamTap | undefined;
}

/**
 * The way between one component and the API server: every message is copied at the border, takes its time, and may be
 * lost with its connection. A request whose answer was lost has taken effect all the same.
 */
export class Link {
  weather: LinkWeather;
  readonly #options: LinkOptions;
  readonly #pipes = new Set<WatchPipe>();
  readonly #pending = new Set<{ readonly path: string; readonly since: number; fail(why: string): void }>();
  readonly #stopListening: () => void;
  #cut = false;
  #dead = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.weather = options.weather;
    this.#stopListening = options.server.onDown(() => this.#serverDown());
  }

  /** Requests that have no answer yet: who waits for what. */
  get waiting(): readonly string[] {
    return [...this.#pending].map(({ path, since }) => `${this.#options.owner}: ${path} since ${since.toFixed(0)} ms`);
  }

  readonly transport: Transport = (request) => {
    const { time, owner } = this.#options;
    if (this.#dead) return new Promise(() => {});
    return new Promise<ApiResponse>((resolve, reject) => {
      const settle = (act: () => void) => {
        if (!this.#pending.delete(entry)) return;
        request.signal.removeEventListener('abort', onAbort);
        if (!this.#dead) act();
      };
      const fail = (why: string) => settle(() => reject(new TransportError(`Cannot reach the API server: ${why}`)));
      const onAbort = () => fail('the request was aborted');
      const entry = { path: `${request.method} ${request.path}`, since: time.now, fail };
      this.#pending.add(entry);
      if (request.signal.aborted) return onAbort();
      request.signal.addEventListener('abort', onAbort, { once: true });
      const copy = copyRequest(request, this.#options.user);
      time.after(this.#delay(), () => this.#arrive(copy, { request, fail, settle, resolve }), { owner });
    });
  };

  /** Nothing gets through any more, in either direction, and nobody is told. */
  cut(): void {
    this.#cut = true;
    for (const pipe of this.#pipes) pipe.hold();
  }

  /** Messages get through again. Streams go on, or turn out to be broken. */
  mend(): void {
    if (!this.#cut) return;
    this.#cut = false;
    for (const pipe of [...this.#pipes]) {
      if (chance(this.#options.random, 0.5)) pipe.break();
      else pipe.resume();
    }
  }

  /** Ends every open watch, as a load balancer or a lost connection does. */
  breakStreams(): void {
    for (const pipe of [...this.#pipes]) pipe.break();
  }

  /** The component at the near end was killed: it hears nothing any more, and the server finds its streams closed. */
  kill(): void {
    this.#dead = true;
    this.#stopListening();
    this.#pending.clear();
    for (const pipe of [...this.#pipes]) pipe.abandon();
  }

  #arrive(copy: ApiRequest, call: Call): void {
    const { time, owner, random, server } = this.#options;
    if (this.#dead) return;
    const { handle } = server;
    if (this.#cut || chance(random, this.weather.loss)) {
      time.after(this.#giveUp(), () => call.fail('no answer came'), { owner });
      return;
    }
    if (!handle) {
      time.after(this.#delay(), () => call.fail('connection refused'), { owner });
      return;
    }
    handle(copy).then((response) => this.#answer(response, call));
  }

  #answer(response: ApiResponse, call: Call): void {
    const { time, owner, random } = this.#options;
    const isWatch = response.body.kind === 'watch';
    if (!this.#dead && !isWatch && chance(random, this.weather.loss)) {
      time.after(this.#giveUp(), () => call.fail('the connection was lost before the answer came'), { owner });
      return;
    }
    const copy = this.#copyResponse(response, call.request);
    const deliver = () => {
      if (this.#cut) time.after(this.#giveUp(), () => call.fail('no answer came'), { owner });
      else call.settle(() => call.resolve(copy));
    };
    time.after(this.#delay(), deliver, { owner });
  }

  #copyResponse(response: ApiResponse, request: ClientRequest): ApiResponse {
    const { body } = response;
    if (body.kind === 'object') {
      return { ...response, body: { kind: 'object', object: JSON.parse(JSON.stringify(body.object)) } };
    }
    if (body.kind !== 'watch') return response;
    return { ...response, body: { kind: 'watch', stream: this.#pipe(body.stream, request) } };
  }

  #pipe(upstream: WatchStream, request: ClientRequest): WatchStream {
    const { time, owner, tap } = this.#options;
    const pipe = new WatchPipe(upstream, {
      time,
      owner,
      delayMs: () => this.#delay() + this.#watchDelay(),
      onClosed: () => this.#pipes.delete(pipe),
      tap: tap?.(request),
    });
    this.#pipes.add(pipe);
    if (this.#dead) pipe.abandon();
    else if (this.#cut) pipe.hold();
    return pipe;
  }

  #serverDown(): void {
    for (const entry of [...this.#pending]) {
      this.#options.time.after(this.#delay(), () => entry.fail('connection reset'), { owner: this.#options.owner });
    }
    for (const pipe of [...this.#pipes]) pipe.break();
  }

  #delay(): number {
    return between(this.#options.random, ...this.weather.delayMs);
  }

  #watchDelay(): number {
    const { watchDelayMs } = this.weather;
    const { random } = this.#options;
    return typeof watchDelayMs === 'function' ? watchDelayMs(random) : between(random, ...watchDelayMs);
  }

  #giveUp(): number {
    return between(this.#options.random, ...GIVE_UP_MS);
  }
}

interface Call {
  readonly request: ClientRequest;
  fail(why: string): void;
  settle(act: () => void): void;
  resolve(response: ApiResponse): void;
}

/** The wire knows JSON only, and the server never sees the object its client goes on to use. */
function copyRequest(request: ClientRequest, user: User): ApiRequest {
  const { body } = request;
  const signal = new AbortController().signal;
  if (!body) return { ...request, user, signal, query: new URLSearchParams(request.query) } as ApiRequest;
  return { ...request, user, signal, body: { object: JSON.parse(JSON.stringify(body.object)) } };
}
