import { rm } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import type { ReleaseLevel } from '../api/types/segue.ts';
import type { Env } from '../base/env.ts';
import type { Log } from '../base/log.ts';
import { systemClock, systemRandom } from '../base/system.ts';
import type { Client } from '../client/client.ts';
import { MemoryStore } from '../store/memory/memorystore.ts';
import { openSqliteStore } from '../store/sqlite/opensqlitestore.ts';
import type { Store } from '../store/store.ts';
import { type ControlPlane, createControlPlane, memoryRevision } from './controlplane.ts';
import { ADMIN_GROUP, type Credentials, loadCredentials } from './credentials.ts';
import { ClusterError } from './errors.ts';
import { startHttpsFront } from './http/https.ts';
import { startUnixFront } from './http/unix.ts';
import { kubeconfigFor, mergeKubeconfig, writeKubeconfig } from './kubeconfig.ts';
import { kubeletOf } from './kubeletof.ts';
import { pinoLog } from './logging.ts';
import { Publisher } from './publisher.ts';
import { startSandbox } from './sandbox.ts';
import { openStateFolder, type StateFolder } from './statefolder.ts';

const HOST = '127.0.0.1';
const NODES_MAX = 200;
const PORT_MAX = 65_535;

export interface ClusterOptions {
  /** State folder; made when absent. */
  readonly state: string;
  readonly nodes: number;
  /** Port of the API server on loopback; 0 takes a free one. */
  readonly port: number;
  /** Release level of pods that ask for none. */
  readonly level: ReleaseLevel;
  readonly logLevel: string;
  /** Keep objects in memory only: gone with the process. */
  readonly inMemory: boolean;
  /** Loopback address for LoadBalancer Services; undefined publishes no ports on the host. */
  readonly loadBalancerIP: string | undefined;
  readonly imagesFiles: readonly string[];
  /** Where the kubeconfig goes; the state folder when absent. */
  readonly kubeconfig?: string | undefined;
  /** A kubeconfig of the user's to add this cluster to. */
  readonly mergeInto?: string | undefined;
}

/** A running cluster. */
export interface Cluster {
  readonly server: string;
  readonly kubeconfig: string;
  readonly folder: StateFolder;
  readonly env: Env;
  /** A client in this process. */
  client(user: string): Client;
  /** Resolves when all nodes are up. Rejects with `ClusterError`. */
  readonly nodesReady: Promise<void>;
  /** Resolves with the reason when the nodes' sandbox ended before `stop`. */
  readonly broken: Promise<string>;
  /** Ends everything this cluster started; what is durable stays in the state folder. */
  stop(): Promise<void>;
}

type Undo = () => Promise<unknown> | unknown;

/**
 * Starts a cluster on this machine. Resolves when the API server answers; nodes come up meanwhile. Rejects with
 * `ClusterError` and whatever the stores and listeners say, and then nothing is left half-started.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const undo: Undo[] = [];
  try {
    checkOptions(options);
    return await start(options, undo);
  } catch (error) {
    // What the start failed with is what its caller must hear, not what came after it.
    await unwind(undo).catch(() => {});
    throw error;
  }
}

function checkOptions({ nodes, port, loadBalancerIP }: ClusterOptions): void {
  if (nodes < 1 || nodes > NODES_MAX) {
    throw new ClusterError(`Cannot start ${nodes} nodes: need 1 to ${NODES_MAX} (--nodes)`);
  }
  if (port > PORT_MAX) throw new ClusterError(`Cannot listen on port ${port}: need 0 to ${PORT_MAX} (--port)`);
  if (loadBalancerIP && !(isIPv4(loadBalancerIP) && loadBalancerIP.startsWith('127.'))) {
    throw new ClusterError(
      `Cannot publish load balancers on ${loadBalancerIP}: it is no loopback address, need one such as 127.0.0.20 (--lb-address)`,
    );
  }
}

/** Undoes every step, the last first, also when one fails; then rejects with the first failure. */
async function unwind(undo: Undo[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of undo.splice(0).reverse()) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function start(options: ClusterOptions, undo: Undo[]): Promise<Cluster> {
  const folder = await openStateFolder(options.state);
  const log = openLog(options.logLevel, folder);
  const env: Env = { clock: systemClock, random: systemRandom, log };
  // The store's lock tells whether the folder is in use, so it comes before anything that others could notice.
  const store: Store = options.inMemory
    ? new MemoryStore({ revision: memoryRevision(env) })
    : await openSqliteStore({ folder: folder.store, log });
  undo.push(() => store.close());
  // Its processes come up on another core while the API server comes up on this one.
  const sandbox = startSandbox({ ...sandboxOptions(options, folder), logPath: folder.log });
  undo.push(() => sandbox.stop());
  const credentials = await loadCredentials(folder, env.clock.now());
  const plane = await createControlPlane({
    env,
    store,
    level: options.level,
    kubelets: (node) => kubeletOf(folder.nodesSocket, node),
  });
  undo.push(() => plane.stop());
  const server = await startFronts({ options, plane, credentials, folder, env, undo });
  sandbox.begin();
  // Before the servers: what lives in the sandbox would otherwise see them go.
  undo.push(async () => {
    await sandbox.stop();
    await rm(folder.nodesSocket, { force: true });
  });
  await plane.startControllers();
  await startPublisher(options, { plane, folder, env, undo });
  const kubeconfig = await giveKubeconfig(options, { folder, credentials, server });
  let stopped: Promise<void> | undefined;
  return {
    server,
    kubeconfig,
    folder,
    env,
    client: plane.client,
    nodesReady: sandbox.ready,
    broken: sandbox.ended,
    stop: () => {
      stopped ??= unwind(undo);
      return stopped;
    },
  };
}

interface FrontParts {
  readonly options: ClusterOptions;
  readonly plane: ControlPlane;
  readonly credentials: Credentials;
  readonly folder: StateFolder;
  readonly env: Env;
  readonly undo: Undo[];
}

async function startFronts({ options, plane, credentials, folder, env, undo }: FrontParts): Promise<string> {
  const { handle } = plane;
  const https = await startHttpsFront({
    handle,
    env,
    host: HOST,
    port: options.port,
    certificatePem: credentials.server.certificatePem,
    keyPem: credentials.server.keyPem,
    clientAuthorityPem: credentials.authorityPem,
  });
  undo.push(() => https.close());
  const user = { name: 'system:nodes', groups: ['system:nodes', ADMIN_GROUP] };
  const unix = await startUnixFront({ handle, env, path: folder.apiSocket, user });
  undo.push(() => unix.close());
  return `https://${HOST}:${https.port}`;
}

function openLog(level: string, folder: StateFolder): Log {
  try {
    return pinoLog({ level, destination: folder.log });
  } catch (error) {
    throw new ClusterError(
      `Cannot write the log ${folder.log}: ${(error as Error).message}, need a folder to write to (--state)`,
    );
  }
}

function sandboxOptions(options: ClusterOptions, folder: StateFolder) {
  return {
    nodes: options.nodes,
    apiSocket: folder.apiSocket,
    nodesSocket: folder.nodesSocket,
    folder: folder.nodes,
    level: options.level,
    logLevel: options.logLevel,
    imagesFiles: options.imagesFiles,
  };
}

async function startPublisher(
  options: ClusterOptions,
  { plane, folder, env, undo }: { plane: ControlPlane; folder: StateFolder; env: Env; undo: Undo[] },
): Promise<void> {
  const { loadBalancerIP } = options;
  if (!loadBalancerIP) return;
  const { nodesSocket } = folder;
  const publisher = new Publisher(plane.client('port-publisher'), { env, nodesSocket, loadBalancerIP });
  undo.push(() => publisher.stop());
  await publisher.start();
}

async function giveKubeconfig(
  options: ClusterOptions,
  { folder, credentials, server }: { folder: StateFolder; credentials: Credentials; server: string },
): Promise<string> {
  const config = kubeconfigFor(credentials, server);
  const path = options.kubeconfig ?? folder.kubeconfig;
  // The user's own first: when it cannot be merged into, no other was written.
  if (options.mergeInto) await mergeKubeconfig(options.mergeInto, config);
  await writeKubeconfig(path, config);
  return path;
}

/** Removes a state folder that nobody uses any more. */
export async function removeState(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
