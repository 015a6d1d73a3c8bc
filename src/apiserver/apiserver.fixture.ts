import { builtinKinds } from '../api/registry.ts';
import type { ApiRequest, ApiResponse, Handle, SerializedEvent, WatchSink } from '../api/request.ts';
import type { KubeObject, WatchEvent } from '../api/types/meta.ts';
import { assert } from '../base/assert.ts';
import { FakeClock } from '../base/fakeclock.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { MemoryStore } from '../store/memory/memorystore.ts';
import { type ApiServerOptions, createApiServer } from './apiserver.ts';

// What the tests of this folder share: a whole server over memory, asked without sockets.

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON value of the body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read deep into answers of every shape
  readonly object: any;
  readonly text: string;
}

export interface Ask {
  readonly body?: unknown;
  readonly bytes?: Uint8Array | string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

export interface TestServer extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly durable: MemoryStore;
  readonly memory: MemoryStore;
  readonly handle: Handle;
  /** `GET /api/v1/pods?limit=1` and the like. */
  ask(line: string, options?: Ask): Promise<Answer>;
  /** The raw response, for streams. */
  send(line: string, options?: Ask): Promise<ApiResponse>;
  /** Begins a watch and records what it brings. */
  watch(path: string, options?: Ask & { onFirst?: () => void }): Promise<Recorder>;
}

export async function startTestServer(
  options: Partial<ApiServerOptions> & { durable?: MemoryStore } = {},
): Promise<TestServer> {
  const clock = new FakeClock();
  const durable = options.durable ?? new MemoryStore();
  const memory = new MemoryStore();
  const server = await createApiServer({
    env: { clock, random: seededRandom(7), log: silentLog },
    stores: { durable, memory },
    registry: builtinKinds(),
    serviceCIDR: '10.96.0.0/24',
    nodePortRange: { from: 30000, to: 30100 },
    version: 'v1.35.0+segue',
    ...options,
  });
  const send = (line: string, how: Ask = {}) => server.handle(requestOf(line, how));
  return {
    clock,
    durable,
    memory,
    handle: server.handle,
    send,
    ask: async (line, how) => answerOf(await send(line, how)),
    async watch(path, how) {
      const response = await send(`GET ${path}`, how);
      assert(response.body.kind === 'watch', `a watch of ${path} begins: ${JSON.stringify(response.body)}`);
      const recorder = new Recorder(() => response.body.kind === 'watch' && response.body.stream.close());
      recorder.onFirst = how?.onFirst;
      response.body.stream.start(recorder);
      return recorder;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Keeps the events of a watch. */
export class Recorder implements WatchSink {
  readonly events: SerializedEvent[] = [];
  isEnded = false;
  /** What `onEvents` says: false plays a reader that cannot keep up. */
  keepsUp = true;
  /** Called once, while the first events are being handed over. */
  onFirst: (() => void) | undefined;
  readonly #close: () => void;

  constructor(close: () => void) {
    this.#close = close;
  }

  onEvents(events: readonly SerializedEvent[]): boolean {
    const first = this.onFirst;
    this.onFirst = undefined;
    first?.();
    this.events.push(...events);
    return this.keepsUp;
  }

  onEnd(): void {
    assert(!this.isEnded, 'a watch ends once');
    this.isEnded = true;
  }

  close(): void {
    this.#close();
  }

  /** `ADDED web`, `DELETED web`, …; bookmarks by their type alone. */
  get story(): string[] {
    return this.events.map(({ event }) => {
      const { metadata } = event.object as KubeObject;
      return metadata?.name ? `${event.type} ${metadata.name}` : event.type;
    });
  }

  get revisions(): number[] {
    return this.events.map(({ event }) => Number((event as WatchEvent).object.metadata.resourceVersion));
  }
}

export function pod(
  name: string,
  more: { labels?: Record<string, string>; spec?: object; metadata?: object } = {},
): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...(more.labels ? { labels: more.labels } : {}), ...more.metadata },
    spec: { containers: [{ name: 'main', image: 'busybox' }], ...more.spec },
  };
}

export function configMap(
  name: string,
  more: { data?: Record<string, string>; labels?: Record<string, string>; metadata?: object } = {},
): unknown {
  const metadata = { name, ...(more.labels ? { labels: more.labels } : {}), ...more.metadata };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: more.data ?? {} };
}

function requestOf(line: string, options: Ask): ApiRequest {
  const [method = '', url = ''] = line.split(' ', 2);
  const [path = '', query = ''] = url.split('?', 2);
  const bytes = typeof options.bytes === 'string' ? new TextEncoder().encode(options.bytes) : options.bytes;
  const body = bytes ?? (options.body === undefined ? undefined : { object: options.body });
  return {
    method: method as ApiRequest['method'],
    path,
    query: new URLSearchParams(query),
    headers: options.headers ?? {},
    user: { name: 'test', groups: [] },
    signal: options.signal ?? new AbortController().signal,
    ...(body === undefined ? {} : { body }),
  };
}

function answerOf(response: ApiResponse): Answer {
  const { status, headers, body } = response;
  if (body.kind === 'object') return { status, headers, object: body.object, text: JSON.stringify(body.object) };
  assert(body.kind === 'text', 'the answer is no stream');
  return { status, headers, object: undefined, text: body.text };
}
