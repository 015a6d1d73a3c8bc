import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { ApiRequest, ApiResponse, WatchStream } from '../../api/request.ts';
import type { Gatherer } from './gatherer.ts';
import { WatchWriter } from './watchwriter.ts';

/** HTTP/2's compatibility class does all that is used here, and is passed as this one. */
export type AnyResponse = ServerResponse;

/** Bodies from this size on are compressed for clients that accept it, as in Kubernetes. */
export const GZIP_BYTES_MIN = 128 * 1024;

const compress = promisify(gzip);

/** Sends a response. Resolves when all of it was handed over, for a watch when it ended. */
export async function writeResponse(
  response: AnyResponse,
  answer: ApiResponse,
  options: { request: Pick<ApiRequest, 'method' | 'headers' | 'signal'>; gatherer: Gatherer },
): Promise<void> {
  const { request, gatherer } = options;
  const { status, headers, body } = answer;
  if (body.kind === 'object') return writeText(response, answer, `${JSON.stringify(body.object)}\n`, request);
  if (body.kind === 'text') return writeText(response, answer, body.text, request);
  response.writeHead(status, headers);
  if (request.method === 'HEAD') {
    if (body.kind === 'watch') body.stream.close();
    response.end();
    return;
  }
  response.flushHeaders();
  if (body.kind === 'watch') return writeWatch(response, body.stream, { gatherer, signal: request.signal });
  await writeBytes(response, body.stream, request.signal);
}

async function writeText(
  response: AnyResponse,
  answer: ApiResponse,
  text: string,
  request: Pick<ApiRequest, 'method' | 'headers'>,
): Promise<void> {
  let bytes: Buffer = Buffer.from(text);
  const headers: Record<string, string> = { ...answer.headers };
  if (bytes.byteLength >= GZIP_BYTES_MIN && acceptsGzip(request.headers['accept-encoding'])) {
    bytes = await compress(bytes, { level: constants.Z_BEST_SPEED });
    headers['content-encoding'] = 'gzip';
    headers['vary'] = headers['vary'] ? `${headers['vary']}, Accept-Encoding` : 'Accept-Encoding';
  }
  headers['content-length'] = String(bytes.byteLength);
  response.writeHead(answer.status, headers);
  if (request.method === 'HEAD') response.end();
  else response.end(bytes);
}

function acceptsGzip(header: string | undefined): boolean {
  return (header ?? '').split(',').some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part));
}

function writeWatch(
  response: AnyResponse,
  stream: WatchStream,
  { gatherer, signal }: { gatherer: Gatherer; signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve) => {
    const outlet = {
      write: (chunk: Buffer, done: () => void) => void response.write(chunk, done),
      end: () => void response.end(),
    };
    const writer = new WatchWriter(outlet, gatherer);
    response.once('close', () => {
      stream.close();
      gatherer.delete(writer);
      resolve();
    });
    const onAbort = () => {
      stream.close();
      writer.onEnd();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    stream.start(writer);
    if (signal.aborted) onAbort();
  });
}

async function writeBytes(
  response: AnyResponse,
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const source = Readable.from(stream, { objectMode: false });
  try {
    await pipeline(source, response);
  } catch (error) {
    // A client that goes away in the middle is no failure of ours.
    if (!signal.aborted) throw error;
  }
}
