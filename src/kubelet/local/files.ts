import { constants, watch } from 'node:fs';
import {
  access,
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { type PodFiles, type PodName, VolumeError, type VolumeFile } from '../host.ts';

const CHUNK_BYTES = 64 * 1024;
const LOOK_AGAIN_MS = 250;

/**
 * Pod files below `root`: `pods/<uid>/volumes/<name>` and `logs/<namespace>_<name>_<uid>/<container>/<attempt>.log`.
 * Contents of a file volume are swapped as a whole by a symbolic link `..data`, as Kubernetes does.
 */
export function localFiles(root: string): PodFiles {
  const volumes = (uid: string, volume: string) => join(root, 'pods', uid, 'volumes', volume);
  const logs = ({ namespace, name, uid }: PodName) => join(root, 'logs', `${namespace}_${name}_${uid}`);
  return {
    emptyDir: (uid, volume) => provided(volume, folder(volumes(uid, volume), 0o777)),
    fileVolume: (uid, volume, files) => provided(volume, writeVolume(volumes(uid, volume), files)),
    hostPath: (path, type) => provided(path, checkHostPath(path, type)),
    subPath: (folder, path) => provided(path, within(folder, path)),
    removePod: (uid) => rm(join(root, 'pods', uid), { recursive: true, force: true }),
    logFolder: (pod, container) => folder(join(logs(pod), container)),
    readLog,
    removeLogs: (pod) => rm(logs(pod), { recursive: true, force: true }),
  };
}

/** What the file system refuses is a volume that cannot be provided, not the end of the node. */
async function provided<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof VolumeError || (error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new VolumeError(`Cannot provide ${what}: ${(error as Error).message}`, { cause: error });
  }
}

async function folder(path: string, mode?: number): Promise<string> {
  await mkdir(path, { recursive: true });
  if (mode !== undefined) await chmod(path, mode);
  return path;
}

async function writeVolume(path: string, files: ReadonlyMap<string, VolumeFile>): Promise<string> {
  await mkdir(path, { recursive: true });
  const fresh = await mkdtemp(`${path}/..data_`);
  // Whoever the container runs as reads it; the temporary folder would be its maker's alone.
  await chmod(fresh, 0o755);
  for (const [name, { content, mode }] of files) {
    const target = inside(fresh, name);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
    await chmod(target, mode);
  }
  const link = join(path, '..data');
  const before = await realpath(link).catch(() => undefined);
  await rm(`${link}_tmp`, { force: true });
  // Relative, so that it leads there from wherever the volume is mounted.
  await symlink(basename(fresh), `${link}_tmp`);
  await rename(`${link}_tmp`, link);
  const names = new Set([...files.keys()].map((file) => file.split('/')[0] as string));
  for (const name of names) await symlink(join('..data', name), join(path, name)).catch(ignoreExisting);
  for (const name of await readdir(path)) {
    if (!names.has(name) && !name.startsWith('..data')) await rm(join(path, name), { force: true });
  }
  if (before) await rm(before, { recursive: true, force: true });
  return path;
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

function inside(root: string, path: string): string {
  const target = resolve(root, path);
  if (target !== root && !target.startsWith(root + sep)) {
    throw new VolumeError(`Cannot use path ${path}: it leads outside of the volume, need one below it`);
  }
  return target;
}

async function within(root: string, path: string): Promise<string> {
  const target = inside(root, path);
  await mkdir(target, { recursive: true }).catch(ignoreExisting);
  const real = await realpath(target);
  const base = await realpath(root);
  if (real !== base && !real.startsWith(base + sep)) {
    throw new VolumeError(`Cannot use subPath ${path}: it leads outside of the volume, need one below it`);
  }
  return target;
}

const HOST_PATH_CHECKS: Record<string, (path: string) => Promise<boolean>> = {
  '': async () => true,
  Directory: async (path) => (await stat(path)).isDirectory(),
  File: async (path) => (await stat(path)).isFile(),
  Socket: async (path) => (await lstat(path)).isSocket(),
  CharDevice: async (path) => (await stat(path)).isCharacterDevice(),
  BlockDevice: async (path) => (await stat(path)).isBlockDevice(),
};

async function checkHostPath(path: string, type: string): Promise<string> {
  if (type === 'DirectoryOrCreate') await mkdir(path, { recursive: true });
  if (type === 'FileOrCreate') await (await open(path, constants.O_CREAT | constants.O_RDONLY)).close();
  const check = HOST_PATH_CHECKS[type.replace('OrCreate', '')];
  if (!check) throw new VolumeError(`hostPath type ${type} is not known`);
  const fits = await access(path).then(
    () => check(path),
    () => false,
  );
  if (!fits) throw new VolumeError(`hostPath type check failed: ${path} is not a ${type || 'path that exists'}`);
  return path;
}

async function* readLog(
  path: string,
  options: { follow: boolean; ended: () => boolean; signal: AbortSignal },
): AsyncIterable<Uint8Array> {
  const { follow, ended, signal } = options;
  const file = await open(path, 'r');
  const changes = follow ? changesOf(path, signal) : undefined;
  const buffer = Buffer.alloc(CHUNK_BYTES);
  try {
    for (let position = 0; !signal.aborted; ) {
      const over = ended();
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
      position += bytesRead;
      if (bytesRead > 0) {
        yield new Uint8Array(buffer.subarray(0, bytesRead));
        continue;
      }
      yield new Uint8Array(0);
      if (!changes || over) return;
      await changes.next();
    }
  } finally {
    changes?.close();
    await file.close();
  }
}

/** Wakes when the file changes, and now and then to see whether its writer has ended. */
function changesOf(path: string, signal: AbortSignal) {
  let changed = false;
  let wake: () => void = () => {};
  const onChange = () => {
    changed = true;
    wake();
  };
  const watcher = watch(path, onChange);
  signal.addEventListener('abort', onChange, { once: true });
  return {
    next: () =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, changed ? 0 : LOOK_AGAIN_MS);
        changed = false;
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    close: () => {
      watcher.close();
      signal.removeEventListener('abort', onChange);
    },
  };
}

/** Pods that have files here: those of an earlier run of this node among them. */
export async function podsWithFiles(root: string): Promise<string[]> {
  return readdir(join(root, 'pods')).catch(() => []);
}
