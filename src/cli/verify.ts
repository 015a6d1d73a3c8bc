import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { builtinKinds } from '../api/registry.ts';
import type { Service } from '../api/types/core.ts';
import type { ReleaseLevel } from '../api/types/segue.ts';
import type { Env } from '../base/env.ts';
import { apply } from '../client/apply.ts';
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
import { type ManifestFolder, readManifests } from './manifests.ts';
import { stopSignal } from './up.ts';
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
  const durationMs = parseDuration('--duration', options.duration);
  const changeAfterMs = options.changeAfter ? parseDuration('--change-after', options.changeAfter) : durationMs / 4;
  if (changeAfterMs >= durationMs) {
    throw new VerifyError(
      `Cannot make the change after ${changeAfterMs} ms: the load ends before, need less than ${durationMs} ms`,
    );
  }
  const registry = builtinKinds();
  const folders = await Promise.all(paths.map((path) => readManifests(path, registry)));
  const stopped = stopSignal();
  const target = options.kubeconfig ? await connect(options.kubeconfig) : await privateCluster(options, folders);
  try {
    const service = await prepare(target, { folders, options, change, signal: stopped.signal });
    const history = await recordChange(
      { change: change.text, changeAfterMs },
      clusterSubject(target.client, {
        env: target.env,
        change,
        service,
        loadCommand: loadCommand(service, options),
      }),
      { clock: target.env.clock, signal: stopped.signal },
    );
    const report = buildReport(history);
    const text = formatReport(report, { colour: process.stdout.isTTY === true });
    process.stdout.write(options.output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : text);
    return exitCodeOf(report);
  } finally {
    await target.close();
    stopped.release();
  }
}

async function prepare(
  target: Target,
  run: { folders: readonly ManifestFolder[]; options: VerifyOptions; change: Change; signal: AbortSignal },
): Promise<Service> {
  const { client, env } = target;
  const manifests = run.folders.flatMap((folder) => folder.manifests);
  for (const { resource, object } of manifests) await apply(client, resource, object);
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
  try {
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
    const close = async () => {
      await cluster.stop();
      await removeState(state);
    };
    try {
      await cluster.nodesReady;
    } catch (error) {
      await close();
      throw error;
    }
    return { client: cluster.client('segue-verify'), env: cluster.env, close };
  } catch (error) {
    await removeState(state);
    throw error;
  }
}
