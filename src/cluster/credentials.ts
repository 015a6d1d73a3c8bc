import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { ClusterError } from './errors.ts';
import { type Authority, createAuthority, issueClient, issueServer, type KeyPair, loadAuthority } from './pki.ts';
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

/** A certificate that ends within this time is made anew at the start. */
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1_000;

/**
 * The cluster's certificates from its state folder. What is missing, half written, about to end or not of this authority
 * is made anew. Rejects with `ClusterError` when a file cannot be read as what it should be.
 */
export async function loadCredentials(folder: StateFolder, nowMs: number): Promise<Credentials> {
  const authority = await keptAuthority(folder, nowMs);
  const signer = new X509Certificate(authority.certificatePem);
  const kept = async (name: string, issue: () => Promise<KeyPair>): Promise<KeyPair> => {
    const stored = await readPair(folder, name);
    if (stored && isUsable(stored, { nowMs, signer })) return stored.pair;
    const made = await issue();
    await writePair(folder, name, made);
    return made;
  };
  const server = await kept('apiserver', () => issueServer(authority, { commonName: 'kube-apiserver', nowMs }));
  const admin = await kept('admin', () => issueClient(authority, { ...ADMIN, nowMs }));
  return { authorityPem: authority.certificatePem, server, admin };
}

async function keptAuthority(folder: StateFolder, nowMs: number): Promise<Authority> {
  const stored = await readPair(folder, 'ca');
  if (stored && isUsable(stored, { nowMs })) return loadAuthority(stored.pair);
  const made = await createAuthority({ commonName: 'segue', nowMs });
  await writePair(folder, 'ca', made);
  return made;
}

interface StoredPair {
  readonly pair: KeyPair;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

function isUsable({ certificate, key }: StoredPair, from: { nowMs: number; signer?: X509Certificate }): boolean {
  const { nowMs, signer } = from;
  const own = certificate.checkPrivateKey(key);
  const current = certificate.validToDate.getTime() > nowMs + RENEW_BEFORE_MS;
  return own && current && (signer === undefined || certificate.verify(signer.publicKey));
}

async function readPair(folder: StateFolder, name: string): Promise<StoredPair | undefined> {
  const certificatePem = await readIfThere(join(folder.pki, `${name}.crt`));
  const keyPem = await readIfThere(join(folder.pki, `${name}.key`));
  if (!certificatePem || !keyPem) return undefined;
  try {
    const pair = { certificatePem, keyPem };
    return { pair, certificate: new X509Certificate(certificatePem), key: createPrivateKey(keyPem) };
  } catch (error) {
    const damage = `${name}.crt or ${name}.key is damaged (${(error as Error).message})`;
    throw new ClusterError(`Cannot use the certificates in ${folder.pki}: ${damage}, need both files removed`);
  }
}

async function writePair(folder: StateFolder, name: string, pair: KeyPair): Promise<void> {
  await writeWhole(join(folder.pki, `${name}.key`), pair.keyPem);
  await writeWhole(join(folder.pki, `${name}.crt`), pair.certificatePem);
}
