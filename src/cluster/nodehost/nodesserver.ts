import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ApiRequest, ApiResponse } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';
import type { Env } from '../../base/env.ts';
import type { Kubelet } from '../../kubelet/kubelet.ts';

export interface NodesServerOptions {
  readonly path: string;
  readonly env: Env;
  readonly kubelet: (node: string) => Kubelet | undefined;
}

/**
 * The node host's side towards the control plane, on a unix socket: `GET /nodes/<node>/<kubelet path>` is answered by
 * that node's kubelet, and `CONNECT <ip>:<port>` opens a TCP connection inside the sandbox (for the port publisher).
 */
export async function startNodesServer(options: NodesServerOptions): Promise<void> {
  await rm(options.path, { force: true });
  const server = createServer((request, response) => void answer(request, response, options));
  server.on('connect', (request, client) => dial(request, client as Duplex));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.path, resolve);
  });
}

function dial(request: IncomingMessage, client: Duplex): void {
  const [host, port] = (request.url ?? '').split(':');
  const target = connect({ host: host as string, port: Number(port), allowHalfOpen: true });
  target.once('connect', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(target);
    target.pipe(client);
  });
  target.on('error', () => client.destroy());
  client.on('error', () => target.destroy());
  target.on('close', () => client.destroy());
  client.on('close', () => target.destroy());
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
