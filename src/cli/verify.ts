import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { builtinKinds } from '../api/registry.ts';
import type { Service } from '../api/types/core.ts';
import type { ReleaseLevel } from '../api/types/segue.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { removeState, startCluster } from '../cluster/cluster.ts';
import { connect } from '../cluster/connect.ts';
import { type Change, parseChange, VerifyError } from '../verify/change.ts';
import { formatReport } from '../verify/formatreport.ts';
import { loadArguments } from '../verify/load/arguments.ts';
import { parseDuration } from '../verify/load/options.ts';
import { buildReport, exitCodeOf } from '../verify/report.ts';
import { serviceURL } from '../verify/serviceunderload.ts';
import { clusterSubject, findService } from '../verify/subject/clustersubject.ts';
import { recordChange } from '../verify/verification.ts';
import { applyManifests } from './applymanifests.ts';
import { type ManifestFolder, readManifests } from './manifests.ts';
import { stopSignal } from './stopsignal.ts';
import { workloadsReady } from './workloads.ts';

const LOAD_MAIN = fileURLToPath(new URL('../verify/load/main.ts', import.meta.url));

export interface VerifyOptions {
  readonly change: string;
  readonly rate: number;
  readonly duration: string;
  readonly changeAfter?: string;
  readonly timeout: string;
  readonly service?: string;
  readonly path: string;
  readonly connections: 'new' | 'keep-alive';
  readonly nodes: number;
  readonly kubeconfig?: string;
  readonly output: 'text' | 'json';
  readonly release: ReleaseLevel;
}

interface Target {
  readonly client: Client;
  readonly env: Env;
  close(): Promise<void>;
}

/** `segue verify`: a change under load, and what it cost. Resolves with the exit code: 0 only when nothing was lost. */
export async function verify(paths: readonly string[], options: VerifyOptions): Promise<number> {
  const change = parseChange(options.change);
  if (options.kubeconfig && options.release !== 'Observed') {
    throw new VerifyError(
      `Cannot set release level ${options.release} in a running cluster: it has its own, need a private cluster or pods annotated segue.dev/release`,
    );
  }
  const durationMs = parseDuration('--duration', options.duration);
  const changeAfterMs = options.changeAfter ? parseDuration('--change-after', options.changeAfter) : durationMs / 4;
  if (changeAfterMs >= durationMs) {
    throw new VerifyError(
      `Cannot make the change after ${changeAfterMs} ms: the load ends before, need less than ${durationMs} ms`,
    );
  }
  checkLoad(options);
  const registry = builtinKinds();
  const folders = await Promise.all(paths.map((path) => readManifests(path, registry)));
  const stopped = stopSignal();
  try {
    return await judge(folders, { options, change, changeAfterMs, signal: stopped.signal });
  } finally {
    stopped.release();
  }
}

/** What the load generator would refuse is refused before a cluster is started for it. */
function checkLoad(options: VerifyOptions): void {
  if (options.rate < 1) throw new VerifyError(`Cannot load with ${options.rate} requests a second: need at least 1`);
  if (!options.path.startsWith('/')) {
    throw new VerifyError(`Cannot request ${options.path}: need a path that begins with / (--path)`);
  }
  parseDuration('--timeout', options.timeout);
}

interface Judgement {
  readonly options: VerifyOptions;
  readonly change: Change;
  readonly changeAfterMs: number;
  readonly signal: AbortSignal;
}

async function judge(folders: readonly ManifestFolder[], run: Judgement): Promise<number> {
  const { options, change, changeAfterMs, signal } = run;
  const target = options.kubeconfig ? await connect(options.kubeconfig) : await privateCluster(options, folders);
  try {
    const service = await prepare(target, { folders, options, change, signal });
    const history = await recordChange(
      { change: change.text, changeAfterMs },
      clusterSubject(target.client, {
        env: target.env,
        change,
        service,
        loadCommand: loadCommand(service, options),
      }),
      { clock: target.env.clock, signal },
    );
    const report = buildReport(history);
    const text = formatReport(report, { colour: process.stdout.isTTY === true });
    process.stdout.write(options.output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : text);
    return exitCodeOf(report);
  } finally {
    await target.close();
  }
}

async function prepare(
  target: Target,
  run: { folders: readonly ManifestFolder[]; options: VerifyOptions; change: Change; signal: AbortSignal },
): Promise<Service> {
  const { client, env } = target;
  const manifests = run.folders.flatMap((folder) => folder.manifests);
  await applyManifests(client, manifests, { signal: run.signal });
  const waiting = await workloadsReady(client, manifests, { env, signal: run.signal });
  if (waiting.length > 0) throw new VerifyError(`Cannot begin: not ready: ${waiting.join('; ')}`);
  const [namespace, name] = run.options.service?.includes('/')
    ? (run.options.service.split('/') as [string, string])
    : ['default', run.options.service];
  return findService(client, { namespace, name, change: run.change });
}

function loadCommand(service: Service, options: VerifyOptions): string[] {
  const args = loadArguments({
    target: serviceURL(service, options.path),
    rate: options.rate,
    durationMs: parseDuration('--duration', options.duration),
    timeoutMs: parseDuration('--timeout', options.timeout),
    connections: options.connections,
  });
  return [process.execPath, LOAD_MAIN, ...args];
}

async function privateCluster(options: VerifyOptions, folders: readonly ManifestFolder[]): Promise<Target> {
  const state = await mkdtemp(join(tmpdir(), 'segue-'));
  // Also when a second signal ends the process before the cluster was stopped.
  const onExit = () => rmSync(state, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', onExit);
  await using started = new AsyncDisposableStack();
  started.defer(async () => {
    await removeState(state);
    process.off('exit', onExit);
  });
  const cluster = await startCluster({
    state,
    nodes: options.nodes,
    port: 0,
    level: options.release,
    logLevel: 'warn',
    inMemory: false,
    loadBalancerIP: undefined,
    imagesFiles: folders.flatMap(({ imagesFiles }) => imagesFiles),
  });
  started.defer(() => cluster.stop());
  await cluster.nodesReady;
  const kept = started.move();
  return { client: cluster.client('segue-verify'), env: cluster.env, close: () => kept.disposeAsync() };
}
