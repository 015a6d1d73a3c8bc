import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { builtinKinds } from '../api/registry.ts';
import type { ReleaseLevel } from '../api/types/segue.ts';
import { apply } from '../client/apply.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ClusterError } from '../cluster/errors.ts';
import { defaultStateRoot } from '../cluster/statefolder.ts';
import { type Manifest, readManifests } from './manifests.ts';
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
  const registry = builtinKinds();
  const folders = await Promise.all((options.filename ?? []).map((path) => readManifests(path, registry)));
  const cluster = await startCluster({
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
  });
  try {
    const interrupted = stopped.promise.then(() => 'stopped' as const);
    const apiSeconds = seconds(startedAt);
    const ready = cluster.nodesReady.then(() => 'ready' as const);
    if ((await Promise.race([ready, interrupted])) === 'stopped') return 0;
    print(welcome(cluster, { options, apiSeconds, nodesSeconds: seconds(startedAt) }));
    await applyAll(
      cluster,
      folders.flatMap(({ manifests }) => manifests),
      stopped,
    );
    print('Stop it with Ctrl-C.\n');
    const broken = cluster.broken.then((reason) => ({ reason }));
    const end = await Promise.race([interrupted, broken]);
    if (end === 'stopped') return 0;
    throw new ClusterError(`The nodes ended with ${end.reason}: see ${cluster.folder.log}`);
  } finally {
    await cluster.stop();
    stopped.release();
  }
}

async function applyAll(cluster: Cluster, manifests: readonly Manifest[], stopped: StopSignal): Promise<void> {
  if (manifests.length === 0) return;
  const startedAt = performance.now();
  const client = cluster.client('segue-up');
  for (const { resource, object } of manifests) {
    const { applied } = await apply(client, resource, object);
    const kind = resource.group ? `${resource.kind}.${resource.group}` : resource.kind;
    print(`${kind.toLowerCase()}/${object.metadata.name} ${applied}\n`);
  }
  const ready = workloadsReady(client, manifests, { env: cluster.env, signal: stopped.signal });
  const waiting = await ready;
  if (waiting.length === 0) print(`Everything is ready after ${seconds(startedAt)} s.\n\n`);
  else if (!stopped.signal.aborted) print(`Not ready yet: ${waiting.join('; ')}\n\n`);
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

interface StopSignal {
  readonly promise: Promise<void>;
  readonly signal: AbortSignal;
  release(): void;
}

/** The first SIGINT, SIGTERM or SIGHUP. */
export function stopSignal(): StopSignal {
  const { promise, resolve } = Promise.withResolvers<void>();
  const abort = new AbortController();
  const onSignal = () => {
    abort.abort();
    resolve();
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    promise,
    signal: abort.signal,
    release: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
