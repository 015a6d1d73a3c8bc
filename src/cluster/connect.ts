import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Env } from '../base/env.ts';
import { silentLog } from '../base/log.ts';
import { systemClock, systemRandom } from '../base/system.ts';
import { Client } from '../client/client.ts';
import { httpTransport } from '../client/http/transport.ts';
import { ClusterError } from './errors.ts';

interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context: { cluster: string; user: string } }[];
  clusters?: { name: string; cluster: Record<string, string> }[];
  users?: { name: string; user: Record<string, string> }[];
}

/** A client for the current context of a kubeconfig with client certificates. Rejects with `ClusterError`. */
export async function connect(kubeconfig: string): Promise<{ client: Client; env: Env; close(): Promise<void> }> {
  const config = await read(kubeconfig);
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === context?.user)?.user;
  const server = cluster?.['server'];
  if (!server)
    throw new ClusterError(`Cannot use ${kubeconfig}: its current context names no server, need one that does`);
  const ca = await pem(kubeconfig, cluster, 'certificate-authority');
  const cert = await pem(kubeconfig, user, 'client-certificate');
  const key = await pem(kubeconfig, user, 'client-key');
  if (!cert || !key)
    throw new ClusterError(`Cannot use ${kubeconfig}: its user has no client certificate, need one with its key`);
  const { transport, close } = httpTransport({ origin: server, ...(ca ? { ca } : {}), cert, key });
  const env = { clock: systemClock, random: systemRandom, log: silentLog };
  return { client: new Client(transport, { userAgent: 'segue' }), env, close };
}

async function read(path: string): Promise<Kubeconfig> {
  try {
    return (parse(await readFile(path, 'utf8')) ?? {}) as Kubeconfig;
  } catch (error) {
    const why = (error as Error).message.split('\n')[0];
    throw new ClusterError(`Cannot read the kubeconfig ${path}: ${why}, need a kubeconfig in YAML`);
  }
}

/** A PEM that stands in the kubeconfig as base64, or in a file of its own, whose path begins at the kubeconfig's. */
async function pem(
  kubeconfig: string,
  holder: Record<string, string> | undefined,
  name: string,
): Promise<string | undefined> {
  const data = holder?.[`${name}-data`];
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  const file = holder?.[name];
  if (!file) return undefined;
  try {
    return await readFile(resolve(dirname(kubeconfig), file), 'utf8');
  } catch (error) {
    throw new ClusterError(
      `Cannot use ${kubeconfig}: its ${name} cannot be read (${(error as Error).message}), need that file`,
    );
  }
}
