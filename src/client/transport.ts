import type { ApiRequest, ApiResponse, Handle, User } from '../api/request.ts';

/** A request as clients make it: who they are is the transport's business. */
export type ClientRequest = Omit<ApiRequest, 'user' | 'body'> & { readonly body?: { readonly object: unknown } };

/** Carries requests to an API server. Rejects with `TransportError` when none could be reached; a refusal is a response. */
export type Transport = (request: ClientRequest) => Promise<ApiResponse>;

/** No answer came: the server is away, the connection broke. Retrying later may help. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
}

/** Calls the server in the same process, as `user`. Objects are shared, not copied: they are immutable on both sides. */
export function inProcessTransport(handle: Handle, user: User): Transport {
  return (request) => handle({ ...request, user });
}
