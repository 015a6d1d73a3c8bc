import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, as PEM. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** Signs certificates; keeps its own as PEM, to be stored and loaded again. */
export interface Authority extends KeyPair {
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 60 * 60 * 1_000;
const AUTHORITY_DAYS = 3_650;
const LEAF_DAYS = 365;
/** Certificates hold from a little before they are made, for clocks that are behind. */
const BACKDATE_MS = 5 * 60 * 1_000;

/** Makes a certificate authority with a self-signed certificate. */
export async function createAuthority(options: { commonName: string; nowMs: number }): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: nameOf({ commonName: options.commonName }),
      ...validity(options.nowMs, AUTHORITY_DAYS),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  );
  return {
    certificate,
    key: keys.privateKey,
    certificatePem: pemOf(certificate),
    keyPem: await keyPem(keys.privateKey),
  };
}

/** The authority that was stored as PEM. Rejects when the PEM is not a certificate with its P-256 key. */
export async function loadAuthority(stored: KeyPair): Promise<Authority> {
  const der = x509.PemConverter.decodeFirst(stored.keyPem);
  const key = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
  return { ...stored, certificate: new x509.X509Certificate(stored.certificatePem), key };
}

/** A server certificate for names and addresses: `localhost`, `127.0.0.1` and `::1` when none are given. */
export async function issueServer(
  authority: Authority,
  options: { commonName: string; nowMs: number; names?: readonly string[]; addresses?: readonly string[] },
): Promise<KeyPair> {
  const { names = ['localhost'], addresses = ['127.0.0.1', '::1'] } = options;
  return issue(authority, {
    subject: nameOf({ commonName: options.commonName }),
    nowMs: options.nowMs,
    usage: x509.ExtendedKeyUsage.serverAuth,
    alternatives: [
      ...names.map((value) => ({ type: 'dns', value }) as const),
      ...addresses.map((value) => ({ type: 'ip', value }) as const),
    ],
  });
}

/** A client certificate: the common name becomes the user's name, each organization one of the groups. */
export async function issueClient(
  authority: Authority,
  options: { commonName: string; organizations?: readonly string[]; nowMs: number },
): Promise<KeyPair> {
  const { commonName, organizations = [], nowMs } = options;
  const subject = nameOf({ commonName, organizations });
  return issue(authority, { subject, nowMs, usage: x509.ExtendedKeyUsage.clientAuth, alternatives: [] });
}

interface Leaf {
  readonly subject: string;
  readonly nowMs: number;
  readonly usage: string;
  readonly alternatives: readonly { type: 'dns' | 'ip'; value: string }[];
}

async function issue(authority: Authority, leaf: Leaf): Promise<KeyPair> {
  const keys = await generateKeys();
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([leaf.usage]),
    await x509.AuthorityKeyIdentifierExtension.create(authority.certificate, false, webcrypto),
  ];
  if (leaf.alternatives.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension([...leaf.alternatives]));
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: leaf.subject,
      issuer: authority.certificate.subject,
      ...validity(leaf.nowMs, LEAF_DAYS),
      publicKey: keys.publicKey,
      signingKey: authority.key,
      signingAlgorithm: ALGORITHM,
      extensions,
    },
    webcrypto,
  );
  return { certificatePem: pemOf(certificate), keyPem: await keyPem(keys.privateKey) };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function validity(nowMs: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - BACKDATE_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

/** 16 bytes; the first is below 0x80 so that the number is positive, and not 0 so that it keeps its length. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

function nameOf(subject: { commonName: string; organizations?: readonly string[] }): string {
  const organizations = (subject.organizations ?? []).map((organization) => ({ O: [organization] }));
  return new x509.Name([...organizations, { CN: [subject.commonName] }]).toString();
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`;
}
