import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ClusterError } from './errors.ts';
import type { NodeHostOptions } from './nodehost/options.ts';

const MAIN = fileURLToPath(new URL('./nodehost/main.ts', import.meta.url));

/**
 * Pid 1 of the sandbox. It waits for its one child, which reaps every orphan on the way, and ends with it; the kernel
 * then ends whatever else lives in the pid namespace.
 */
const REAPER = '"$@" & wait $!';

export interface Sandbox {
  /** Resolves when nodes are up; rejects with `ClusterError` when they cannot be. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when the sandbox ended. */
  readonly ended: Promise<string>;
  /** Lets the node host go on: the API server answers. Until then it only prepares what nobody else can see. */
  begin(): void;
  /** Ends everything in the sandbox. Resolves when nothing of it is left. */
  stop(): Promise<void>;
}

/**
 * Starts the node host in network, mount and pid namespaces of its own, and in a user namespace when not root. When
 * this process dies, however it dies, the kernel kills `unshare` (parent death signal), which takes pid 1 of the sandbox
 * with it, and so every process, namespace, mount and rule in it.
 */
export function startSandbox(options: NodeHostOptions & { logPath: string }): Sandbox {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const namespaces = [...user, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const run = [process.execPath, MAIN, JSON.stringify(options)];
  const log = openSync(options.logPath, 'a', 0o600);
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...namespaces, '/bin/sh', '-c', REAPER, 'segue-sandbox', ...run],
    { stdio: ['ignore', log, log, 'pipe', 'pipe'], detached: true },
  );
  closeSync(log);
  const ended = endOf(child);
  const ready = readiness(child, { ended, logPath: options.logPath });
  ready.catch(() => {}); // Whoever waits for it hears of it, however late: it must not end the process before.
  return { ready, ended, begin: () => begin(child), stop: () => stop(child, ended) };
}

/** One byte on descriptor 4. */
function begin(child: ChildProcess): void {
  const pipe = child.stdio[4] as Writable | null | undefined;
  // A sandbox that has ended already says so by `ready` and `ended`.
  pipe?.on('error', () => {});
  pipe?.end('.');
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
}

/** The node host says `ready` on descriptor 3, or one line that says what stands against it. */
async function readiness(child: ChildProcess, from: { ended: Promise<string>; logPath: string }): Promise<void> {
  const said = firstLine(child);
  const line = await Promise.race([said, from.ended.then(() => said)]);
  if (line === 'ready') return;
  if (line) throw new ClusterError(line);
  const why = await from.ended;
  throw new ClusterError(
    why.includes('ENOENT')
      ? 'Cannot make namespaces: setpriv or unshare is not installed, need util-linux'
      : `Cannot start nodes: the sandbox ended with ${why}, need permission for namespaces (see ${from.logPath})`,
  );
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    const pipe = child.stdio[3];
    if (!pipe) return resolve('');
    let text = '';
    pipe.on('data', (chunk: Buffer) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    pipe.on('error', () => resolve(text));
    pipe.on('close', () => resolve(text));
  });
}

/**
 * Kills pid 1 of the sandbox rather than `unshare`, which then ends only when the kernel has ended everything inside. In
 * the moment before there is a pid 1, all that was started is one process group.
 */
async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  const { pid } = child;
  if (pid !== undefined && child.exitCode === null && child.signalCode === null) kill(reaperOf(pid) ?? -pid);
  await ended;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function reaperOf(pid: number): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return first ? Number(first) : undefined;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
