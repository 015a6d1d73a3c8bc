import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ApiRequest, ApiResponse, Handle } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';
import type { Env } from '../../base/env.ts';
import { listen } from '../http/listen.ts';
import { splice } from '../splice.ts';

const PORT_MAX = 65_535;

export interface NodesServerOptions {
  readonly path: string;
  readonly env: Env;
  readonly kubelet: (node: string) => { readonly handle: Handle } | undefined;
}

/**
 * The node host's side towards the control plane, on a unix socket: `GET /nodes/<node>/<kubelet path>` is answered by
 * that node's kubelet, and `CONNECT <ip>:<port>` opens a TCP connection inside the sandbox (for the port publisher).
 */
export async function startNodesServer(options: NodesServerOptions): Promise<{ close(): Promise<void> }> {
  await rm(options.path, { force: true });
  const sockets = new Set<Duplex>();
  const server = createServer((request, response) => void answer(request, response, options));
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('connect', dial);
  await listen(server, { path: options.path }, options.path);
  await chmod(options.path, 0o600);
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function dial(request: IncomingMessage, client: Duplex, head: Buffer): void {
  const [, host, port] = /^([\d.]+):(\d{1,5})$/.exec(request.url ?? '') ?? [];
  client.on('error', () => client.destroy());
  if (!host || Number(port) > PORT_MAX) {
    client.end('HTTP/1.1 400 need an IPv4 address and a port\r\n\r\n');
    return;
  }
  const target = connect({ host, port: Number(port), allowHalfOpen: true });
  const onGone = () => target.destroy();
  const onRefused = (error: NodeJS.ErrnoException) =>
    client.end(`HTTP/1.1 502 ${error.code ?? 'no connection'}\r\n\r\n`);
  client.once('close', onGone);
  target.once('error', onRefused);
  target.once('connect', () => {
    target.off('error', onRefused);
    client.off('close', onGone);
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) target.write(head);
    splice(client, target);
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, options: NodesServerOptions): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const answered = await ask(request, { options, signal: gone.signal });
    response.writeHead(answered.status, answered.headers);
    if (answered.body.kind === 'bytes') await pipeline(Readable.from(answered.body.stream), response);
    else response.end(JSON.stringify(answered.body.kind === 'object' ? answered.body.object : undefined));
  } catch (error) {
    if (gone.signal.aborted) return;
    const known = error instanceof StatusError ? error : new StatusError('InternalError', String(error));
    if (known !== error) options.env.log.error('kubelet request failed', { path: request.url, error: String(error) });
    if (response.headersSent) response.destroy();
    else response.writeHead(known.code, { 'content-type': 'application/json' }).end(JSON.stringify(known.toStatus()));
  }
}

async function ask(
  request: IncomingMessage,
  { options, signal }: { options: NodesServerOptions; signal: AbortSignal },
): Promise<ApiResponse> {
  const url = new URL(request.url ?? '/', 'http://nodes');
  const [, , node, ...rest] = url.pathname.split('/');
  const kubelet = options.kubelet(decodeURIComponent(node ?? ''));
  if (!kubelet) throw new StatusError('NotFound', `node "${node}" is not on this machine`);
  return kubelet.handle({
    method: request.method as ApiRequest['method'],
    path: `/${rest.join('/')}`,
    query: url.searchParams,
    headers: {},
    user: { name: 'kube-apiserver', groups: [] },
    signal,
  });
}
