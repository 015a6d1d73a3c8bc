import type { SerializedEvent, WatchSink, WatchStream } from '../api/request.ts';
import { startTestServer, type TestServer } from '../apiserver/apiserver.fixture.ts';
import { delay } from '../base/clock.ts';
import type { Env } from '../base/env.ts';
import type { FakeClock } from '../base/fakeclock.ts';
import { silentLog } from '../base/log.ts';
import { type Random, seededRandom } from '../base/random.ts';
import { Client } from './client.ts';
import { inProcessTransport, type Transport, TransportError } from './transport.ts';

// What the tests of clients share: a real API server in process, and a transport that misbehaves on demand.

export interface TestCluster extends AsyncDisposable {
  readonly server: TestServer;
  readonly clock: FakeClock;
  readonly env: Env;
  readonly client: Client;
  readonly transport: Transport;
}

export async function startTestCluster(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestCluster> {
  const server = await startTestServer(options);
  const transport = inProcessTransport(server.handle, { name: 'test', groups: [] });
  return {
    server,
    clock: server.clock,
    env: { clock: server.clock, random: seededRandom(11), log: silentLog },
    client: new Client(transport),
    transport,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A transport with a network in between: it can lose requests, delay answers and events, and break watches. */
export class FaultyTransport {
  /** Requests refused from now on, as by a server that is away. */
  isDown = false;
  /** What delays there are, in milliseconds of the clock; none without it. */
  delayMs: (() => number) | undefined;
  /** Watches opened and lists asked for so far. */
  readonly asked = { watches: 0, lists: 0 };
  readonly #inner: Transport;
  readonly #clock: FakeClock;
  readonly #open = new Set<() => void>();

  constructor(inner: Transport, clock: FakeClock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  readonly transport: Transport = async (request) => {
    const isWatch = request.query.get('watch') === 'true';
    if (isWatch) this.asked.watches++;
    else if (request.method === 'GET') this.asked.lists++;
    await this.#pause(request.signal);
    if (this.isDown) throw new TransportError('Cannot reach the server: it is away');
    const response = await this.#inner(request);
    await this.#pause(request.signal);
    if (response.body.kind !== 'watch') return response;
    return { ...response, body: { kind: 'watch', stream: this.#shaky(response.body.stream) } };
  };

  /** Ends every watch that is open, without a word. */
  breakWatches(): void {
    for (const end of [...this.#open]) end();
  }

  #shaky(stream: WatchStream): WatchStream {
    let sink: WatchSink | undefined;
    let order = Promise.resolve();
    const end = () => {
      this.#open.delete(end);
      stream.close();
      const told = sink;
      sink = undefined;
      told?.onEnd();
    };
    const deliver = (events: readonly SerializedEvent[]) => {
      if (sink && !sink.onEvents(events)) end();
    };
    return {
      start: (given) => {
        sink = given;
        this.#open.add(end);
        stream.start({
          onEvents: (events) => {
            if (!this.delayMs) deliver(events);
            else order = order.then(() => this.#pause()).then(() => deliver(events));
            return true;
          },
          onEnd: end,
        });
      },
      close: () => {
        sink = undefined;
        this.#open.delete(end);
        stream.close();
      },
    };
  }

  #pause(signal?: AbortSignal): Promise<void> {
    const delayMs = this.delayMs?.() ?? 0;
    return delayMs === 0 ? Promise.resolve() : delay(this.#clock, delayMs, signal);
  }
}

/** Delays of 0 to `maxMs` milliseconds by chance. */
export function randomDelays(random: Random, maxMs: number): () => number {
  return () => Math.floor(random.next() * (maxMs + 1));
}
