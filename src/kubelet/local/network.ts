import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { type HostNetwork, type HttpRequest, ProbeError } from '../host.ts';

const BODY_BYTES_MAX = 10 * 1024;

/** Probes over real sockets, made in the namespace this process runs in. */
export const localNetwork: HostNetwork = { httpGet, tcpConnect };

function httpGet(asked: HttpRequest): Promise<{ status: number; body: string }> {
  const { ip, port, scheme, path, timeoutMs } = asked;
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.35', accept: '*/*', connection: 'close' };
  for (const { name, value } of asked.headers) headers[name.toLowerCase()] = value;
  const send = scheme === 'HTTPS' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      {
        host: ip,
        port,
        path,
        headers,
        agent: false,
        rejectUnauthorized: false,
        signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          if (body.length < BODY_BYTES_MAX) body += text.slice(0, BODY_BYTES_MAX - body.length);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', (error) => reject(failed(asked, error)));
      },
    );
    request.on('error', (error) => reject(failed(asked, error)));
    request.end();
  });
}

function failed({ scheme, ip, port, path, timeoutMs }: HttpRequest, error: Error): ProbeError {
  const url = `${scheme.toLowerCase()}://${ip}:${port}${path}`;
  const why = error.name === 'AbortError' ? `no answer within ${Math.ceil(timeoutMs)} ms` : error.message;
  return new ProbeError(`Get "${url}": ${why}`, { cause: error });
}

function tcpConnect({ ip, port, timeoutMs }: { ip: string; port: number; timeoutMs: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port });
    socket.setTimeout(Math.ceil(timeoutMs), () =>
      socket.destroy(new Error(`no answer within ${Math.ceil(timeoutMs)} ms`)),
    );
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', (error) =>
      reject(new ProbeError(`dial tcp ${ip}:${port}: ${error.message}`, { cause: error })),
    );
  });
}
