import { join } from 'node:path';
import { createAuthority, issueClient, issueServer, type KeyPair, loadAuthority } from './pki.ts';
import { readIfThere, type StateFolder, writeWhole } from './statefolder.ts';

/** What the API server shows, and what its administrator shows to it. */
export interface Credentials {
  readonly authorityPem: string;
  readonly server: KeyPair;
  readonly admin: KeyPair;
}

/** Group that may do everything, as in every Kubernetes cluster. */
export const ADMIN_GROUP = 'system:masters';
const ADMIN = { commonName: 'kubernetes-admin', organizations: [ADMIN_GROUP] };

/** The cluster's certificates from its state folder, made at first start. */
export async function loadCredentials(folder: StateFolder, nowMs: number): Promise<Credentials> {
  const stored = await readPair(folder, 'ca');
  const authority = stored ? await loadAuthority(stored) : await createAuthority({ commonName: 'segue', nowMs });
  if (!stored) await writePair(folder, 'ca', authority);
  const server = await kept(folder, 'apiserver', () => issueServer(authority, { commonName: 'kube-apiserver', nowMs }));
  const admin = await kept(folder, 'admin', () => issueClient(authority, { ...ADMIN, nowMs }));
  return { authorityPem: authority.certificatePem, server, admin };
}

async function kept(folder: StateFolder, name: string, issue: () => Promise<KeyPair>): Promise<KeyPair> {
  const stored = await readPair(folder, name);
  if (stored) return stored;
  const made = await issue();
  await writePair(folder, name, made);
  return made;
}

async function readPair(folder: StateFolder, name: string): Promise<KeyPair | undefined> {
  const certificatePem = await readIfThere(join(folder.pki, `${name}.crt`));
  const keyPem = await readIfThere(join(folder.pki, `${name}.key`));
  return certificatePem && keyPem ? { certificatePem, keyPem } : undefined;
}

/** The key first: a certificate without its key would be taken for a pair that was half written. */
async function writePair(folder: StateFolder, name: string, pair: KeyPair): Promise<void> {
  await writeWhole(join(folder.pki, `${name}.key`), pair.keyPem);
  await writeWhole(join(folder.pki, `${name}.crt`), pair.certificatePem);
}
