import { Agent, type Dispatcher } from 'undici';
import type { ApiResponse, ResponseBody, SerializedEvent, WatchSink, WatchStream } from '../../api/request.ts';
import type { WatchEvent } from '../../api/types/meta.ts';
import { type ClientRequest, type Transport, TransportError } from '../transport.ts';

export interface HttpTransportOptions {
  /** `https://127.0.0.1:6443`, or any `http://` origin when `socketPath` is given. */
  readonly origin: string;
  readonly socketPath?: string;
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Carries requests over HTTP/1.1, through TCP with TLS or a unix socket, each watch on a connection of its own. */
export function httpTransport(options: HttpTransportOptions): { transport: Transport; close(): Promise<void> } {
  const { origin, socketPath, ca, cert, key } = options;
  const connect = { ...(socketPath ? { socketPath } : {}), ...(ca ? { ca } : {}), ...(cert ? { cert, key } : {}) };
  const agent = new Agent({ connect, pipelining: 1, bodyTimeout: 0, headersTimeout: 60_000, allowH2: false });
  return {
    transport: (request) => send(agent, origin, request),
    close: () => agent.destroy(),
  };
}

async function send(agent: Agent, origin: string, request: ClientRequest): Promise<ApiResponse> {
  const query = request.query.toString();
  let response: Dispatcher.ResponseData;
  try {
    response = await agent.request({
      origin,
      path: query ? `${request.path}?${query}` : request.path,
      method: request.method,
      headers: { ...request.headers },
      body: request.body ? JSON.stringify(request.body.object) : null,
      signal: request.signal,
    });
    const streaming = request.query.get('watch') === 'true' && response.statusCode === 200;
    const body: ResponseBody = streaming
      ? { kind: 'watch', stream: watchStream(response.body) }
      : await readBody(request, response);
    return { status: response.statusCode, headers: flat(response.headers), body };
  } catch (error) {
    throw new TransportError(`Cannot reach ${origin}: ${(error as Error).message}`, { cause: error });
  }
}

async function readBody(request: ClientRequest, response: Dispatcher.ResponseData): Promise<ResponseBody> {
  if (response.statusCode === 200 && request.query.get('follow') === 'true') {
    return { kind: 'bytes', stream: response.body };
  }
  const text = await response.body.text();
  const type = String(response.headers['content-type'] ?? '');
  return type.includes('json') ? { kind: 'object', object: JSON.parse(text) } : { kind: 'text', text };
}

function flat(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** Events of a watch from its lines. The stream ends when the connection does, whatever the reason. */
function watchStream(body: Dispatcher.ResponseData['body']): WatchStream {
  return {
    start: (sink) => void follow(body, sink),
    close: () => {
      body.destroy();
    },
  };
}

async function follow(body: Dispatcher.ResponseData['body'], sink: WatchSink): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  let isReading = true;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      const events = lines.filter((line) => line !== '').map(parsed);
      isReading = false;
      if (events.length > 0 && !sink.onEvents(events)) break;
      isReading = true;
    }
  } catch (error) {
    if (!isReading) throw error;
    // The connection broke or was closed: the reader opens the next watch where this one ended.
  }
  sink.onEnd();
}

function parsed(line: string): SerializedEvent {
  return { event: JSON.parse(line) as WatchEvent<unknown>, line: `${line}\n` };
}
