import { chmod, lstat, unlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { Handle, User } from '../../api/request.ts';
import type { Env } from '../../base/env.ts';
import { exchange } from './exchange.ts';
import { Connections, type HttpFront } from './front.ts';
import { AddressInUseError, listen } from './listen.ts';

export interface UnixFrontOptions {
  readonly handle: Handle;
  readonly env: Env;
  /** Path of the socket; only its owner may connect. A socket that nobody listens on any more is replaced. */
  readonly path: string;
  /** Everyone who can open the socket is this user. */
  readonly user: User;
}

/** Serves HTTP/1.1 on a unix socket. Rejects with `AddressInUseError` or `ListenError`. */
export async function startUnixFront(options: UnixFrontOptions): Promise<HttpFront> {
  const { path, user, handle, env } = options;
  await removeStale(path);
  const server = createServer();
  const connections = new Connections(server, { handle, env });
  server.on('request', (request, response) => {
    void exchange(request, response, { ...connections.exchange, user });
  });
  await listen(server, { path }, path);
  await chmod(path, 0o600);
  return { close: () => connections.close(() => server.closeIdleConnections()) };
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found?.isSocket()) return;
  if (await answers(path)) throw new AddressInUseError(path);
  await unlink(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
