import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { builtinKinds } from '../api/registry.ts';
import type { ReleaseLevel } from '../api/types/segue.ts';
import { type Cluster, type ClusterOptions, startCluster } from '../cluster/cluster.ts';
import { ClusterError } from '../cluster/errors.ts';
import { defaultStateRoot } from '../cluster/statefolder.ts';
import { applyManifests } from './applymanifests.ts';
import { type Manifest, type ManifestFolder, readManifests } from './manifests.ts';
import { type StopSignal, stopSignal } from './stopsignal.ts';
import { workloadsReady } from './workloads.ts';

export interface UpOptions {
  readonly filename?: string[];
  readonly nodes: number;
  readonly port: number;
  readonly state?: string;
  readonly memory: boolean;
  readonly kubeconfig?: string;
  readonly mergeKubeconfig: boolean;
  readonly lbAddress: string;
  readonly release: ReleaseLevel;
  readonly logLevel: string;
}

/** `segue up`: starts a cluster, says how to use it, and keeps it until a signal comes. */
export async function up(options: UpOptions): Promise<number> {
  const startedAt = performance.now();
  const stopped = stopSignal();
  try {
    const registry = builtinKinds();
    const folders = await Promise.all((options.filename ?? []).map((path) => readManifests(path, registry)));
    const cluster = await startCluster(clusterOptions(options, folders));
    try {
      await keep(cluster, { options, folders, startedAt, stopped });
    } finally {
      await cluster.stop();
    }
    return 0;
  } finally {
    stopped.release();
  }
}

interface Run {
  readonly options: UpOptions;
  readonly folders: readonly ManifestFolder[];
  readonly startedAt: number;
  readonly stopped: StopSignal;
}

/** Resolves when a signal came. Rejects when the nodes cannot be started or end. */
async function keep(cluster: Cluster, { options, folders, startedAt, stopped }: Run): Promise<void> {
  const apiSeconds = seconds(startedAt);
  await Promise.race([cluster.nodesReady, stopped.promise]);
  if (stopped.signal.aborted) return;
  print(welcome(cluster, { options, apiSeconds, nodesSeconds: seconds(startedAt) }));
  const broken = cluster.broken.then((reason) => {
    if (!stopped.signal.aborted) throw new ClusterError(`The nodes ended with ${reason}: see ${cluster.folder.log}`);
  });
  const manifests = folders.flatMap((folder) => folder.manifests);
  await Promise.race([applyAll(cluster, manifests, stopped.signal), broken]);
  if (stopped.signal.aborted) return;
  print('Stop it with Ctrl-C.\n');
  await Promise.race([stopped.promise, broken]);
}

function clusterOptions(options: UpOptions, folders: readonly ManifestFolder[]): ClusterOptions {
  return {
    state: options.state ?? defaultStateRoot(process.env),
    nodes: options.nodes,
    port: options.port,
    level: options.release,
    logLevel: options.logLevel,
    inMemory: options.memory,
    loadBalancerIP: options.lbAddress,
    imagesFiles: folders.flatMap(({ imagesFiles }) => imagesFiles),
    kubeconfig: options.kubeconfig,
    mergeInto: options.mergeKubeconfig ? userKubeconfig() : undefined,
  };
}

async function applyAll(cluster: Cluster, manifests: readonly Manifest[], signal: AbortSignal): Promise<void> {
  if (manifests.length === 0) return;
  const startedAt = performance.now();
  const client = cluster.client('segue-up');
  await applyManifests(client, manifests, { signal, onApplied: (line) => print(`${line}\n`) });
  const waiting = await workloadsReady(client, manifests, { env: cluster.env, signal });
  if (signal.aborted) return;
  if (waiting.length === 0) print(`Everything is ready after ${seconds(startedAt)} s.\n\n`);
  else print(`Not ready yet: ${waiting.join('; ')}\n\n`);
}

function welcome(cluster: Cluster, facts: { options: UpOptions; apiSeconds: string; nodesSeconds: string }): string {
  const { options, apiSeconds, nodesSeconds } = facts;
  const nodes = Array.from({ length: options.nodes }, (_, index) => `node-${index + 1}`).join(', ');
  return `Segue is up.

  API server   ${cluster.server} (after ${apiSeconds} s)
  Nodes        ${nodes} (after ${nodesSeconds} s)
  NodePorts    127.0.0.1; LoadBalancer Services: ${options.lbAddress}
  State, log   ${cluster.folder.root}, ${cluster.folder.log}

  export KUBECONFIG=${cluster.kubeconfig}
  kubectl get nodes,pods,services

`;
}

function userKubeconfig(): string {
  return process.env['KUBECONFIG']?.split(':')[0] || join(homedir(), '.kube', 'config');
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(2);
}

function print(text: string): void {
  process.stdout.write(text);
}
