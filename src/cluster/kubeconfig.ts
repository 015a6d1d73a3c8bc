import { mkdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Document, isMap, isSeq, parseDocument, stringify, YAMLSeq } from 'yaml';
import type { Credentials } from './credentials.ts';
import { ClusterError } from './errors.ts';
import { readIfThere, writeWhole } from './statefolder.ts';

const NAME = 'segue';

export interface Kubeconfig {
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

/** Rejects with `ClusterError`. */
export async function writeKubeconfig(path: string, config: Kubeconfig): Promise<void> {
  await write(path, stringify(config));
}

/**
 * Adds the cluster to an existing kubeconfig as context `segue` and makes it the current one; all else stays as it is
 * written, comments and links included. Rejects with `ClusterError`, and then nothing is changed.
 */
export async function mergeKubeconfig(path: string, config: Kubeconfig): Promise<void> {
  const document = await readDocument(path);
  for (const list of ['clusters', 'users', 'contexts'] as const)
    replaceOwn(document, { path, list, own: config[list] });
  if (!document.has('apiVersion')) document.set('apiVersion', config.apiVersion);
  if (!document.has('kind')) document.set('kind', config.kind);
  document.set('current-context', NAME);
  await write(await behindLinks(path), document.toString({ lineWidth: 0 }));
}

async function readDocument(path: string): Promise<Document> {
  const text = await read(path);
  const document: Document = parseDocument(text ?? '');
  const [error] = document.errors;
  if (error) throw unusable(path, String(error.message.split('\n')[0]));
  if (document.contents === null) return new Document({});
  if (!isMap(document.contents)) throw unusable(path, 'it holds no mapping');
  return document;
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readIfThere(path);
  } catch (error) {
    throw unusable(path, (error as Error).message);
  }
}

function replaceOwn(document: Document, at: { path: string; list: string; own: Named[] | undefined }): void {
  const { path, list, own = [] } = at;
  const known = document.get(list);
  if (known !== undefined && known !== null && !isSeq(known)) throw unusable(path, `its ${list} are no list`);
  const others = isSeq(known) ? known : new YAMLSeq();
  others.items = others.items.filter((item) => !(isMap(item) && item.get('name') === NAME));
  others.flow = false;
  for (const item of own) others.add(document.createNode(item));
  document.set(list, others);
}

function unusable(path: string, state: string): ClusterError {
  return new ClusterError(`Cannot merge into ${path}: ${state}, need a kubeconfig in YAML`);
}

/** The file that is meant by a path of links, so that a link stays one. */
async function behindLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return path;
    throw unusable(path, (error as Error).message);
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, text);
  } catch (error) {
    throw new ClusterError(`Cannot write the kubeconfig ${path}: ${(error as Error).message}, need a file to write to`);
  }
}
