import type { ApiRequest, ApiResponse } from '../api/request.ts';
import { type Status, StatusError } from '../api/status.ts';
import type { Log } from '../base/log.ts';
import { ClosedError, CompactedError } from '../store/store.ts';
import { expired, internalError } from './errors.ts';

/** Any error as a response with a Status. What nobody expected is logged in full and told to the client in a sentence. */
export function failure(error: unknown, request: ApiRequest, log: Log): ApiResponse {
  const expected = expectedOf(error);
  if (expected) return statusResponse(expected.toStatus());
  log.error('a request failed unexpectedly', { method: request.method, path: request.path, error });
  return statusResponse(internalError(error));
}

export function statusResponse(status: Status): ApiResponse {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter);
  return { status: status.code, headers, body: { kind: 'object', object: status } };
}

function expectedOf(error: unknown): StatusError | undefined {
  if (error instanceof StatusError) return error;
  if (error instanceof CompactedError) return expired(0, error.compactedRevision);
  if (error instanceof ClosedError) {
    return new StatusError('ServiceUnavailable', 'Cannot serve the request: the server is stopping', { cause: error });
  }
  return undefined;
}
