import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { ClusterError } from './errors.ts';

/** The longest path a unix socket can have on Linux (sun_path), less the final zero. */
const SOCKET_PATH_MAX = 107;

/** Where a cluster keeps what outlives it, and the sockets its processes meet at. */
export interface StateFolder {
  readonly root: string;
  readonly store: string;
  readonly pki: string;
  readonly kubeconfig: string;
  /** Files of the nodes: volumes and logs of pods. */
  readonly nodes: string;
  /** Log of the cluster's own components. */
  readonly log: string;
  /** The API server, for the node host. */
  readonly apiSocket: string;
  /** The node host, for the API server and the port publisher. */
  readonly nodesSocket: string;
}

/** `$XDG_STATE_HOME/segue`, or `~/.local/state/segue`. A relative `$XDG_STATE_HOME` does not count, as XDG has it. */
export function defaultStateRoot(env: NodeJS.ProcessEnv): string {
  const base = env['XDG_STATE_HOME'] ?? '';
  return join(isAbsolute(base) ? base : join(homedir(), '.local', 'state'), 'segue');
}

/** Makes the folder, for this user alone. Rejects with `ClusterError`. */
export async function openStateFolder(path: string): Promise<StateFolder> {
  const root = resolve(path);
  const folder: StateFolder = {
    root,
    store: join(root, 'store'),
    pki: join(root, 'pki'),
    kubeconfig: join(root, 'kubeconfig'),
    nodes: join(root, 'nodes'),
    log: join(root, 'segue.log'),
    apiSocket: join(root, 'api.sock'),
    nodesSocket: join(root, 'nodes.sock'),
  };
  if (Buffer.byteLength(folder.nodesSocket) > SOCKET_PATH_MAX) {
    const length = SOCKET_PATH_MAX - '/nodes.sock'.length;
    throw new ClusterError(
      `Cannot keep sockets in ${root}: its path is too long, need at most ${length} bytes (--state)`,
    );
  }
  try {
    for (const each of [root, folder.pki, folder.nodes]) await mkdir(each, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ClusterError(
      `Cannot make the state folder ${root}: ${(error as Error).message}, need a folder to write to (--state)`,
    );
  }
  return folder;
}

/** Writes a file as a whole, readable by its owner alone: a reader sees the old text or the new one, always. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}.new`;
  try {
    await writeFile(fresh, text, { mode: 0o600, flush: true });
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

/** The file's text, or undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
