import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fchownSync } from 'node:fs';
import type { NamespaceHome, ProcessNamespaces } from '../../linux/processnamespaces.ts';
import { openPipe } from '../../linux/processnamespaces.ts';
import { RuntimeError } from '../runtime.ts';
import type { ContainerUser } from './environment.ts';
import { SETUP_ENV } from './setup.ts';

/** A child process and the read ends of its pipes. `setup` is its descriptor 3. The caller closes them. */
export interface Spawned {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: number;
  readonly stderr: number;
  readonly setup: number;
}

export interface SpawnOptions {
  readonly home: NamespaceHome;
  readonly namespaces: ProcessNamespaces;
  readonly command: readonly [string, readonly string[]];
  readonly user: ContainerUser;
}

/** Starts a program in the given namespaces. Synchronous: when it returns, the calling thread is home again. */
export function spawnInside(options: SpawnOptions): Spawned {
  const pipes = [openPipe(), openPipe(), openPipe()] as const;
  const [stdout, stderr, setup] = pipes;
  try {
    // A process may open its own output again through /proc, and needs to own the pipe for that.
    for (const [, write] of [stdout, stderr]) fchownSync(write, options.user.uid, options.user.gid);
    const child = options.home.inside(options.namespaces, () => {
      const [program, args] = options.command;
      return spawn(program, args, { stdio: ['ignore', stdout[1], stderr[1], setup[1]], env: SETUP_ENV });
    });
    const pid = startedPid(child);
    return { child, pid, stdout: stdout[0], stderr: stderr[0], setup: setup[0] };
  } catch (error) {
    for (const [read] of pipes) closeSync(read);
    if (error instanceof RuntimeError) throw error;
    throw new RuntimeError('RunContainerError', `Cannot start the process: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    for (const [, write] of pipes) closeSync(write);
  }
}

function startedPid(child: ChildProcess): number {
  if (child.pid !== undefined) return child.pid;
  child.on('error', () => {}); // The refusal below says it.
  throw new RuntimeError('RunContainerError', `Cannot start the process: ${child.spawnfile} is not installed`);
}
