import type { ApiRequest, ApiResponse } from '../api/request.ts';
import { StatusError } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import { type LogQuery, parseCriLine, renderCriLine } from './crilog.ts';
import type { PodFiles } from './host.ts';
import type { PodWorker } from './podworker.ts';

export interface LogServerOptions {
  readonly clock: Clock;
  readonly files: PodFiles;
  readonly find: (namespace: string, name: string) => PodWorker | undefined;
}

/** Serves container logs to the API server: follow, tail, since, previous, timestamps, limitBytes. */
export class LogServer {
  readonly #options: LogServerOptions;

  constructor(options: LogServerOptions) {
    this.#options = options;
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    const [, root, namespace, pod, container] = request.path.split('/').map(decodeURIComponent);
    if (root !== 'containerLogs' || !namespace || !pod || !container) {
      throw new StatusError(
        'NotFound',
        `Cannot serve ${request.path}: need /containerLogs/<namespace>/<pod>/<container>`,
      );
    }
    const log = this.#find({ namespace, pod, container, previous: request.query.get('previous') === 'true' });
    const chunks = this.#options.files.readLog(log.path, {
      follow: request.query.get('follow') === 'true',
      ended: log.ended,
      signal: request.signal,
    });
    return {
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: {
        kind: 'bytes',
        stream: encode(limited(lines(chunks, { query: request.query, now: this.#options.clock.now() }), request.query)),
      },
    };
  }

  #find(of: { namespace: string; pod: string; container: string; previous: boolean }) {
    const worker = this.#options.find(of.namespace, of.pod);
    if (!worker) throw new StatusError('NotFound', `pod "${of.pod}" not found on this node`);
    if (!worker.containerNames().includes(of.container)) {
      throw new StatusError('BadRequest', `container ${of.container} is not valid for pod ${of.pod}`);
    }
    const log = worker.logOf(of.container, of.previous);
    if (log) return log;
    const what = of.previous ? 'previous terminated container' : 'container';
    const state = of.previous ? 'not found' : 'is waiting to start: ContainerCreating';
    throw new StatusError('BadRequest', `${what} "${of.container}" in pod "${of.pod}" ${state}`);
  }
}

interface Asked {
  readonly query: URLSearchParams;
  readonly now: number;
}

/** Rendered lines of a log, the last `tailLines` only when asked. */
async function* lines(chunks: AsyncIterable<Uint8Array>, asked: Asked): AsyncIterable<string> {
  const wanted = logQuery(asked);
  const tail = asked.query.get('tailLines');
  const held: string[] = [];
  const limit = tail === null ? undefined : Number(tail);
  let following = limit === undefined;
  for await (const group of entries(chunks)) {
    const rendered = group.lines.flatMap((line) => {
      const entry = parseCriLine(line);
      return (entry && renderCriLine(entry, wanted)) ?? [];
    });
    if (following) yield* rendered;
    else held.push(...rendered);
    if (limit !== undefined && !following && held.length > limit) held.splice(0, held.length - limit);
    if (group.caughtUp && !following) {
      following = true;
      yield* held.splice(0);
    }
  }
  yield* held;
}

/** Whole lines as they come; an empty chunk says that the end of the file was reached for now. */
async function* entries(chunks: AsyncIterable<Uint8Array>): AsyncIterable<{ lines: string[]; caughtUp: boolean }> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield { lines: parts, caughtUp: chunk.length === 0 };
  }
}

function logQuery({ query, now }: Asked): LogQuery {
  const sinceTime = query.get('sinceTime');
  const sinceSeconds = query.get('sinceSeconds');
  return {
    timestamps: query.get('timestamps') === 'true',
    sinceMs: sinceTime ? Date.parse(sinceTime) : sinceSeconds ? now - Number(sinceSeconds) * 1000 : undefined,
    stream: streamOf(query.get('stream')),
  };
}

function streamOf(name: string | null): 'stdout' | 'stderr' | undefined {
  return name === 'Stdout' ? 'stdout' : name === 'Stderr' ? 'stderr' : undefined;
}

async function* limited(text: AsyncIterable<string>, query: URLSearchParams): AsyncIterable<string> {
  let left = query.has('limitBytes') ? Number(query.get('limitBytes')) : Number.POSITIVE_INFINITY;
  for await (const part of text) {
    if (left <= 0) return;
    const bytes = Buffer.from(part);
    yield bytes.length <= left ? part : bytes.subarray(0, left).toString();
    left -= bytes.length;
  }
}

async function* encode(text: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  for await (const part of text) yield Buffer.from(part);
}
