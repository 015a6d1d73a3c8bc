import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';

/** A TCP connection to `ip:port` as seen from inside the sandbox. Rejects when there is none to be had. */
export function dialInside(nodesSocket: string, target: { ip: string; port: number }): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ socketPath: nodesSocket, method: 'CONNECT', path: `${target.ip}:${target.port}` });
    outgoing.once('connect', (_response, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}
