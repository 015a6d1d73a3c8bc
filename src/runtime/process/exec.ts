import { closeSync, fstatSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import { deferred } from '../../base/deferred.ts';
import type { NamespaceHome, ProcessNamespaces } from '../../linux/processnamespaces.ts';
import { type ExecResult, RuntimeError } from '../runtime.ts';
import { PipeReader } from './pipereader.ts';
import { killTree } from './processtree.ts';
import { execArguments, type SetupOptions } from './setup.ts';
import { type Spawned, spawnInside } from './spawninside.ts';

/** Of each stream, as the kubelet keeps of a probe's output. */
const OUTPUT_BYTES_MAX = 10 * 1024;

export interface ExecOptions {
  readonly home: NamespaceHome;
  readonly clock: Clock;
  readonly namespaces: ProcessNamespaces;
  readonly setup: SetupOptions & { pid: number };
  /** 0 for no limit. */
  readonly timeoutMs: number;
}

/** Runs a command in a running container's namespaces and waits for its end. */
export async function execInside(options: ExecOptions): Promise<ExecResult> {
  const spawned = spawnInContainer(options);
  const pipe = fstatSync(spawned.stdout).ino;
  const exited = deferred<number>();
  const [stdout, stderr, setup] = [new Capture(), new Capture(), new Capture()];
  const closed = [deferred(), deferred()] as const;
  const readers = [
    new PipeReader(spawned.stdout, stdout.take, () => closed[0].resolve()),
    new PipeReader(spawned.stderr, stderr.take, () => closed[1].resolve()),
    new PipeReader(spawned.setup, setup.take),
  ];
  spawned.child.on('exit', (code, signal) => {
    exited.resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]);
  });
  let timedOut = false;
  const kill = () => {
    timedOut = true;
    killTree(spawned.pid, pipe);
  };
  const timer = options.timeoutMs > 0 ? options.clock.timer(options.timeoutMs, kill) : undefined;
  const exitCode = await exited.promise;
  timer?.cancel();
  // All that held the output were killed: when nobody holds it any more, they are gone.
  if (timedOut) await Promise.all(closed.map(({ promise }) => promise));
  for (const reader of readers) reader.drain();
  if (timedOut) {
    const message = `command ${JSON.stringify(options.setup.argv.join(' '))} timed out after ${options.timeoutMs} ms`;
    throw new RuntimeError('ExecTimeout', message);
  }
  if (setup.text !== '') throw new RuntimeError('RunContainerError', `Cannot exec: ${setup.text.trim()}`);
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

function spawnInContainer(options: ExecOptions): Spawned {
  const { home, setup } = options;
  let pidNamespace: number | undefined;
  try {
    pidNamespace = openSync(`/proc/${setup.pid}/ns/pid`, 'r');
    const namespaces = { ...options.namespaces, pid: pidNamespace };
    return spawnInside({ home, namespaces, command: execArguments(setup), user: setup.user });
  } catch (error) {
    // A pid namespace whose first process is dying takes nobody in any more.
    throw new RuntimeError('RunContainerError', `Cannot exec in the container: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    if (pidNamespace !== undefined) closeSync(pidNamespace);
  }
}

/** The first bytes of a stream. */
class Capture {
  readonly #chunks: Buffer[] = [];
  #room = OUTPUT_BYTES_MAX;

  readonly take = (chunk: Buffer): void => {
    if (this.#room === 0) return;
    const kept = chunk.subarray(0, this.#room);
    this.#room -= kept.length;
    this.#chunks.push(kept);
  };

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
