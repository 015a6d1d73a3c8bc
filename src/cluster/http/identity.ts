import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { User } from '../../api/request.ts';

export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** What anyone may ask, so that it can be found out whether a server is there and which. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz', '/version']);

export function isOpenPath(path: string): boolean {
  return OPEN_PATHS.has(path);
}

/** Who holds the connection, by its client certificate; undefined without one that our authority signed. */
export function userOfSocket(socket: Pick<TLSSocket, 'authorized' | 'getPeerCertificate'>): User | undefined {
  return socket.authorized ? userOfCertificate(socket.getPeerCertificate()) : undefined;
}

/** X.509 client authentication as in Kubernetes: the common name is the user, each organization a group. */
function userOfCertificate(certificate: PeerCertificate): User | undefined {
  const name = listOf(certificate.subject?.CN)[0];
  if (!name) return undefined;
  return { name, groups: [...listOf(certificate.subject.O), 'system:authenticated'] };
}

/** Node gives one value as a string and several as a list, whatever its types say. */
function listOf(value: unknown): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.map(String) : [String(value)];
}
