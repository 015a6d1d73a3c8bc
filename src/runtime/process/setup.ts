import type { ContainerUser } from './environment.ts';

/** What the shell of the set-up finds its own tools in. The container's environment comes later, whole. */
export const SETUP_ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** The set-up could not be done; what it says went to descriptor 3. */
const FAILED = 125;

/**
 * Runs as the container's first process, in a private mount namespace: mounts the root, makes it `/`, enters the working
 * directory and becomes the command. Descriptor 3 is closed in the last step, so its end without a word is the news that
 * the command runs.
 */
const START = [
  'umask 022',
  `mount -n -a -T "$1" >&3 2>&3 || exit ${FAILED}`,
  `{ cd "$2" && pivot_root . . && umount -n -l . && cd "$3"; } >&3 2>&3 || exit ${FAILED}`,
  'shift 3',
  'exec "$@" 3>&-',
].join('\n');

/** The same for a command that joins a running container. */
const EXEC = ['umask 022', `cd "$1" 2>&3 || exit ${FAILED}`, 'shift', 'exec "$@" 3>&-'].join('\n');

export interface SetupOptions {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: ContainerUser;
  readonly workingDir: string;
}

/** Program and arguments that become a container's command; every step replaces the one before in the same process. */
export function startArguments(options: SetupOptions & { fstab: string; root: string }): [string, string[]] {
  const script = ['/bin/sh', '-c', START, 'sh', options.fstab, options.root, options.workingDir];
  return ['unshare', ['--mount', '--propagation', 'private', ...script, ...lastSteps(options)]];
}

/** The same for a command in the mount namespace of the container whose first process is `pid`. */
export function execArguments(options: SetupOptions & { pid: number }): [string, string[]] {
  const script = ['/bin/sh', '-c', EXEC, 'sh', options.workingDir];
  return ['nsenter', [`--mount=/proc/${options.pid}/ns/mnt`, ...script, ...lastSteps(options)]];
}

function lastSteps(options: SetupOptions): string[] {
  const { uid, gid, inherited } = options.user;
  const become = inherited ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const assignments = Object.entries(options.env).map(([name, value]) => `${name}=${value}`);
  return [...become, 'env', '-i', ...assignments, ...options.argv];
}
