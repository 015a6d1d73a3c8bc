import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { ApiRequest, User } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';
import { BODY_BYTES_MAX } from '../../apiserver/body.ts';

export type AnyRequest = IncomingMessage | Http2ServerRequest;

/** The client went away before its request was read. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
  constructor() {
    super('Cannot read the request: the client is gone, need all of its body');
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);

/** Path and query of the request's target. */
export function targetOf(request: AnyRequest): { path: string; query: URLSearchParams } {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  if (mark < 0) return { path: url, query: new URLSearchParams() };
  return { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

/** The request free of its socket. Reads the body whole. Throws `StatusError` for what no server would read. */
export async function readRequest(
  request: AnyRequest,
  options: { user: User; signal: AbortSignal },
): Promise<ApiRequest> {
  const { method = 'GET' } = request;
  if (!METHODS.has(method)) {
    throw new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
  }
  const body = method === 'GET' || method === 'HEAD' ? undefined : await readBytes(request);
  return {
    method: method as ApiRequest['method'],
    ...targetOf(request),
    headers: headersOf(request),
    ...options,
    ...(body ? { body } : {}),
  };
}

function headersOf(request: AnyRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(':')) continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

function readBytes(request: AnyRequest): Promise<Uint8Array | undefined> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > BODY_BYTES_MAX) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    // Not `for await`: leaving it destroys the connection, and with it the refusal.
    request.on('data', (chunk: Buffer) => {
      length += chunk.byteLength;
      if (length <= BODY_BYTES_MAX) {
        chunks.push(chunk);
        return;
      }
      request.pause();
      reject(tooLarge());
    });
    request.once('end', () => resolve(length === 0 ? undefined : Buffer.concat(chunks, length)));
    request.once('error', reject);
    request.once('close', () => reject(new ClientGoneError()));
  });
}

function tooLarge(): StatusError {
  return new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${BODY_BYTES_MAX}`);
}
