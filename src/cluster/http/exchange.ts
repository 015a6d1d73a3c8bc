import { constants } from 'node:http2';
import type { Handle, User } from '../../api/request.ts';
import { type Status, StatusError } from '../../api/status.ts';
import type { Log } from '../../base/log.ts';
import type { Gatherer } from './gatherer.ts';
import { ANONYMOUS, isOpenPath } from './identity.ts';
import { type AnyRequest, ClientGoneError, readRequest, targetOf } from './incoming.ts';
import { type AnyResponse, writeResponse } from './outgoing.ts';

export interface ExchangeOptions {
  readonly handle: Handle;
  readonly log: Log;
  readonly gatherer: Gatherer;
  /** The requests under way, to be ended when the front closes. */
  readonly underWay: Set<AbortController>;
}

/** One request and its response, whatever the version of HTTP. Never rejects. */
export async function exchange(
  request: AnyRequest,
  response: AnyResponse,
  options: ExchangeOptions & { user: User | undefined },
): Promise<void> {
  const gone = new AbortController();
  let isGone = false;
  response.once('close', () => {
    isGone = true;
    gone.abort(new Error('the connection was closed'));
  });
  // A connection that breaks is the client's affair; without a listener it would be an uncaught error.
  const onError = (error: unknown) => options.log.debug('a connection broke', { error: String(error) });
  request.on('error', onError);
  response.on('error', onError);
  options.underWay.add(gone);
  try {
    await answer(request, response, { ...options, signal: gone.signal });
  } catch (error) {
    if (!isGone && !(error instanceof ClientGoneError)) refuse(request, response, { error, log: options.log });
  } finally {
    options.underWay.delete(gone);
  }
}

async function answer(
  request: AnyRequest,
  response: AnyResponse,
  options: ExchangeOptions & { user: User | undefined; signal: AbortSignal },
): Promise<void> {
  const { handle, gatherer, signal } = options;
  const user = options.user ?? (isOpenPath(targetOf(request).path) ? ANONYMOUS : undefined);
  if (!user) throw new StatusError('Unauthorized', 'Unauthorized');
  const apiRequest = await readRequest(request, { user, signal });
  const apiResponse = await handle(apiRequest);
  await writeResponse(response, apiResponse, { request: apiRequest, gatherer });
}

/** Says no as far as that is still possible. What is left of the request's body is not read. */
function refuse(request: AnyRequest, response: AnyResponse, options: { error: unknown; log: Log }): void {
  const { error, log } = options;
  if (!(error instanceof StatusError)) {
    log.error('a request failed unexpectedly', { method: request.method, url: request.url, error });
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status: Status =
    error instanceof StatusError
      ? error.toStatus()
      : new StatusError('InternalError', `Internal error occurred: ${String(error)}`).toStatus();
  const close = request.httpVersionMajor === 1 && !request.complete;
  response.writeHead(status.code, { 'content-type': 'application/json', ...(close ? { connection: 'close' } : {}) });
  response.end(`${JSON.stringify(status)}\n`, () => {
    // HTTP/2's way to say that the rest of the body is not wanted (RFC 9113 section 8.1).
    if ('stream' in request && !request.complete) request.stream.close(constants.NGHTTP2_NO_ERROR);
  });
}
