import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';

/** A TCP connection to `ip:port` as seen from inside the sandbox. Rejects when there is none to be had. */
export function dialInside(
  nodesSocket: string,
  target: { ip: string; port: number; signal?: AbortSignal },
): Promise<Duplex> {
  const { ip, port, signal } = target;
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const outgoing = httpRequest({
    socketPath: nodesSocket,
    method: 'CONNECT',
    path: `${ip}:${port}`,
    agent: false,
    ...(signal ? { signal } : {}),
  });
  outgoing.once('connect', (response, socket, head) => {
    if (response.statusCode !== 200) {
      socket.destroy();
      reject(new Error(`Cannot connect to ${ip}:${port}: ${response.statusMessage}`));
      return;
    }
    if (head.length > 0) socket.unshift(head);
    resolve(socket);
  });
  outgoing.on('error', reject);
  outgoing.end();
  return promise;
}
