import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Credentials } from './credentials.ts';
import { ClusterError } from './errors.ts';
import { readIfThere, writeWhole } from './statefolder.ts';

const NAME = 'segue';

interface Kubeconfig {
  apiVersion: 'v1';
  kind: 'Config';
  clusters?: Named[];
  users?: Named[];
  contexts?: Named[];
  'current-context'?: string;
}

interface Named {
  name: string;
  [what: string]: unknown;
}

/** A kubeconfig for the cluster's administrator, certificates included. */
export function kubeconfigFor(credentials: Credentials, server: string): Kubeconfig {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: NAME, cluster: { server, 'certificate-authority-data': base64(credentials.authorityPem) } }],
    users: [
      {
        name: NAME,
        user: {
          'client-certificate-data': base64(credentials.admin.certificatePem),
          'client-key-data': base64(credentials.admin.keyPem),
        },
      },
    ],
    contexts: [{ name: NAME, context: { cluster: NAME, user: NAME } }],
    'current-context': NAME,
  };
}

export async function writeKubeconfig(path: string, config: Kubeconfig): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, stringify(config));
}

/** Adds the cluster to an existing kubeconfig as context `segue` and makes it the current one; all else stays. */
export async function mergeKubeconfig(path: string, config: Kubeconfig): Promise<void> {
  const text = await readIfThere(path);
  let known: Partial<Kubeconfig> | null;
  try {
    known = text === undefined ? {} : (parse(text) as Partial<Kubeconfig> | null);
  } catch (error) {
    throw new ClusterError(
      `Cannot merge into ${path}: ${(error as Error).message.split('\n')[0]}, need a kubeconfig in YAML`,
    );
  }
  const merged: Kubeconfig = {
    ...known,
    apiVersion: 'v1',
    kind: 'Config',
    clusters: replaced(known?.clusters, config.clusters),
    users: replaced(known?.users, config.users),
    contexts: replaced(known?.contexts, config.contexts),
    'current-context': NAME,
  };
  await writeKubeconfig(path, merged);
}

function replaced(known: Named[] | null | undefined, own: Named[] | undefined): Named[] {
  return [...(known ?? []).filter(({ name }) => name !== NAME), ...(own ?? [])];
}
