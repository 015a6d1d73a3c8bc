import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { type ContainerConfig, type Mount, RuntimeError } from '../runtime.ts';
import { DEFAULT_PATH } from './environment.ts';
import { isBelow } from './mountinfo.ts';

/** The argument vector of a container: `command` replaces entrypoint and cmd, `args` replaces cmd (Kubernetes' rule). */
export function commandOf(config: ContainerConfig): readonly string[] {
  if (config.command.length > 0) return [...config.command, ...config.args];
  return [...config.image.entrypoint, ...(config.args.length > 0 ? config.args : config.image.cmd)];
}

export interface CommandPlace {
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly mounts: readonly Mount[];
  /** Directories the container has even where the host has none. */
  readonly directories: readonly string[];
}

/**
 * Finds out whether `argv[0]` can be executed in the container, before anything is started. Throws CreateContainerError
 * with the words that users know from other container runtimes.
 */
export function checkCommand(argv: readonly string[], place: CommandPlace): void {
  const name = argv[0];
  if (name === undefined || name === '') throw refuse('no command specified');
  // env(1), which gives the container its environment, would take it for an assignment.
  if (name.includes('=')) throw refuse(`exec: ${JSON.stringify(name)}: a command whose name has "=" cannot be run`);
  if (name.includes('/')) {
    const problem = problemOf(isAbsolute(name) ? name : resolve(place.workingDir, name), place.mounts);
    if (problem) throw refuse(`exec: ${JSON.stringify(name)}: ${problem}`);
    return;
  }
  const folders = (place.env['PATH'] ?? DEFAULT_PATH).split(':').filter(isAbsolute);
  const found = folders.some((folder) => problemOf(join(folder, name), place.mounts) === undefined);
  if (!found) throw refuse(`exec: ${JSON.stringify(name)}: executable file not found in $PATH`);
}

/** Throws CreateContainerError unless the container has the directory that its processes start in. */
export function checkWorkingDir(place: CommandPlace): void {
  const given = [...place.directories, ...place.mounts.map((mount) => mount.containerPath)];
  const made = given.some((path) => isBelow(path, place.workingDir));
  const stats = statSync(hostPathOf(place.workingDir, place.mounts), { throwIfNoEntry: false });
  if (made || stats?.isDirectory()) return;
  const state = stats ? 'not a directory' : 'no such file or directory';
  throw refuse(`chdir to cwd (${JSON.stringify(place.workingDir)}) set in the container failed: ${state}`);
}

/** Where the host keeps what the container sees at `path`. */
export function hostPathOf(path: string, mounts: readonly Mount[]): string {
  const over = mounts.filter((mount) => isBelow(path, mount.containerPath.replace(/(.)\/+$/, '$1')));
  const deepest = over.sort((a, b) => b.containerPath.length - a.containerPath.length)[0];
  return deepest ? join(deepest.hostPath, relative(deepest.containerPath, path)) : path;
}

function problemOf(path: string, mounts: readonly Mount[]): string | undefined {
  const onHost = hostPathOf(path, mounts);
  try {
    const stats = statSync(onHost);
    if (stats.isDirectory()) return 'is a directory';
    accessSync(onHost, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'EACCES' ? 'permission denied' : `stat ${path}: no such file or directory`;
  }
}

function refuse(message: string): RuntimeError {
  return new RuntimeError('CreateContainerError', message);
}
