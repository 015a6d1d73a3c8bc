import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Handle, User } from '../../api/request.ts';
import type { Env } from '../../base/env.ts';
import { exchange } from './exchange.ts';
import { Connections, type HttpFront } from './front.ts';
import { userOfSocket } from './identity.ts';
import type { AnyRequest } from './incoming.ts';
import { listen } from './listen.ts';
import type { AnyResponse } from './outgoing.ts';

export interface HttpsFrontOptions {
  readonly handle: Handle;
  readonly env: Env;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Authority that signs client certificates. */
  readonly clientAuthorityPem: string;
}

export interface HttpsFront extends HttpFront {
  readonly host: string;
  readonly port: number;
}

/** As in client-go's servers: enough for a node's informers on one connection, and a bound on what one client holds. */
const STREAMS_MAX = 1_000;

/**
 * Serves HTTP/2 and HTTP/1.1 over TLS. A client is who its certificate says; without a valid one it is answered 401, but
 * for health and version. Rejects with `AddressInUseError` or `ListenError`.
 */
export async function startHttpsFront(options: HttpsFrontOptions): Promise<HttpsFront> {
  const { host, handle, env } = options;
  const server = createSecureServer({
    allowHTTP1: true,
    cert: options.certificatePem,
    key: options.keyPem,
    ca: options.clientAuthorityPem,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    settings: { maxConcurrentStreams: STREAMS_MAX },
  });
  const connections = new Connections(server, { handle, env });
  const sessions = sessionsOf(server);
  const users = new WeakMap<object, User>();
  server.on('request', (request, response) => {
    void exchange(request, response as unknown as AnyResponse, {
      ...connections.exchange,
      user: userOf(request, users),
    });
  });
  server.on('tlsClientError', (error) => env.log.debug('a TLS handshake failed', { error: String(error) }));
  await listen(server, { host, port: options.port }, `${host}:${options.port}`);
  const { port } = server.address() as AddressInfo;
  const closeIdle = () => {
    for (const session of sessions) session.close();
    // HTTP/1.1 connections are known to the server only as sockets; the ones in use end with their response.
    (server as unknown as { closeIdleConnections?: () => void }).closeIdleConnections?.();
  };
  return { host, port, close: () => connections.close(closeIdle) };
}

function sessionsOf(server: Http2SecureServer): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  return sessions;
}

/** The user of the request's connection, found out once for each connection. */
function userOf(request: AnyRequest, users: WeakMap<object, User>): User | undefined {
  const session = (request as Http2ServerRequest).stream?.session;
  const owner: object = session ?? request.socket;
  const known = users.get(owner);
  if (known) return known;
  const user = userOfSocket((session?.socket ?? request.socket) as TLSSocket);
  if (user) users.set(owner, user);
  return user;
}
