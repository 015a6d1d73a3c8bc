import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, normalize, relative, resolve } from 'node:path';
import { assert } from '../../base/assert.ts';
import { type Mount, RuntimeError } from '../runtime.ts';
import type { HostView, OverlayPart } from './hostview.ts';
import { isBelow, type MountPoint, mountOf } from './mountinfo.ts';

export interface RootLayoutInput {
  readonly view: HostView;
  readonly hostMounts: readonly MountPoint[];
  /** Directory of the container's own, on a file system that none of the overlays shows. */
  readonly directory: string;
  /** In a user namespace overlays keep their notes in `user.` attributes. */
  readonly userNamespace: boolean;
  /** Files the container sees instead of the host's: path → content. */
  readonly files: Readonly<Record<string, string>>;
  /** Directories the container has even where the host has none. */
  readonly directories: readonly string[];
  readonly mounts: readonly Mount[];
}

/** Lines of fstab(5) which, mounted in order in a private mount namespace, make the container's root at `root`. */
export interface RootLayout {
  readonly root: string;
  readonly fstab: string;
}

/**
 * Lays out a container's root directory: makes the layer directories, the files and the places that volumes are mounted
 * on, all below `directory`; the host's files are never touched. Throws CreateContainerError when a place cannot be made.
 */
export function layOutRoot(input: RootLayoutInput): RootLayout {
  return new Layout(input).finish();
}

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
const DEVICE_LINKS = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
  ptmx: 'pts/ptmx',
};
/** What the container does not see of the host. */
const FRESH = ['/run', '/dev'];

class Layout {
  readonly #input: RootLayoutInput;
  readonly #root: string;
  readonly #volumes: { target: string; mount: Mount }[] = [];
  readonly #lines: string[] = [];

  constructor(input: RootLayoutInput) {
    this.#input = input;
    this.#root = join(input.directory, 'root');
    mkdirSync(this.#root, { recursive: true });
    for (const part of input.view.overlays) this.#makeLayers(part);
  }

  finish(): RootLayout {
    this.#parts();
    this.#line('proc', '/proc', 'proc', 'nosuid,nodev,noexec');
    this.#devices();
    Object.entries(this.#input.files).forEach(([path, content], index) => {
      this.#file(path, content, index);
    });
    for (const path of this.#input.directories) this.#directory(path);
    const sorted = [...this.#input.mounts].sort((a, b) => a.containerPath.length - b.containerPath.length);
    for (const mount of sorted) this.#volume(mount);
    return { root: this.#root, fstab: `${this.#lines.join('\n')}\n` };
  }

  #parts(): void {
    const { overlays, binds } = this.#input.view;
    const parts = [...overlays, ...binds.map((path) => ({ path, lower: undefined, bind: true }))];
    parts.sort((a, b) => (a.path < b.path ? -1 : 1));
    for (const part of parts) {
      if ('bind' in part) this.#line(part.path, part.path, 'none', 'rbind');
      else this.#overlay(part);
    }
  }

  /** The devices every container has, as the OCI's runtime specification lists them. */
  #devices(): void {
    const part = this.#overlayOf('/dev');
    assert(part?.path === '/dev', 'every view of the host has an empty /dev');
    for (const name of DEVICES) {
      const device = `/dev/${name}`;
      if (!existsSync(device)) continue;
      writeFileSync(this.#inLayer(part, device), '');
      this.#line(device, device, 'none', 'bind');
    }
    for (const [name, target] of Object.entries(DEVICE_LINKS)) symlinkSync(target, this.#inLayer(part, `/dev/${name}`));
    for (const name of ['pts', 'shm']) mkdirSync(this.#inLayer(part, `/dev/${name}`));
    this.#line('devpts', '/dev/pts', 'devpts', 'nosuid,noexec,newinstance,ptmxmode=0666,mode=0620');
    this.#line('tmpfs', '/dev/shm', 'tmpfs', 'nosuid,nodev,mode=1777,size=64m');
  }

  #overlay(part: OverlayPart): void {
    const own = this.#layers(part);
    const lower = part.lower === undefined ? own.layer : `${own.layer}:${part.lower}`;
    const attributes = this.#input.userNamespace ? ',userxattr' : '';
    const options = `lowerdir=${lower},upperdir=${own.upper},workdir=${own.work}${attributes}`;
    this.#line('overlay', part.path, 'overlay', options);
  }

  #file(path: string, content: string, index: number): void {
    const target = join(resolveInView(dirname(path)), relative(dirname(path), path));
    const part = this.#overlayOf(target);
    if (part) {
      this.#makeDirectory(part, dirname(target));
      writeFileSync(this.#inLayer(part, target), content, { mode: 0o644 });
      return;
    }
    if (!existsSync(target)) throw cannotMount(path, 'the path does not exist and cannot be made there');
    const source = join(this.#input.directory, `file-${index}`);
    writeFileSync(source, content, { mode: 0o644 });
    this.#line(source, target, 'none', 'bind');
  }

  #directory(path: string): void {
    const target = resolveInView(path);
    const part = this.#overlayOf(target);
    if (part) this.#makeDirectory(part, target);
    else if (!existsSync(target)) throw cannotMount(path, 'the path does not exist and cannot be made there');
  }

  #volume(mount: Mount): void {
    const source = statOf(mount.hostPath);
    if (!source) {
      throw new RuntimeError(
        'CreateContainerError',
        `Cannot mount ${mount.hostPath} at ${mount.containerPath}: no such file or directory on the host`,
      );
    }
    const target = resolveInView(normalize(mount.containerPath).replace(/(.)\/$/, '$1'));
    if (target === '/') throw cannotMount(mount.containerPath, 'it is the root directory');
    this.#makePlace(target, { wanted: source, path: mount.containerPath });
    const kept = mountOf(this.#input.hostMounts, mount.hostPath)?.options ?? [];
    const locked = kept.filter((option) => ['nosuid', 'nodev', 'noexec', 'noatime', 'relatime'].includes(option));
    const options = mount.readOnly ? ['rbind', 'ro', ...locked] : ['rbind'];
    this.#line(mount.hostPath, target, 'none', options.join(','));
    this.#volumes.push({ target, mount });
  }

  /** Makes `target` exist in the container as a file or directory like `wanted`. */
  #makePlace(target: string, options: { wanted: Stats; path: string }): void {
    const inside = this.#volumes.findLast((volume) => isBelow(target, volume.target));
    if (inside) {
      const place = join(inside.mount.hostPath, relative(inside.target, target));
      if (statOf(place)) return;
      makeEmpty(place, options.wanted);
      return;
    }
    const part = this.#overlayOf(target);
    const found = FRESH.some((fresh) => isBelow(target, fresh)) && part ? undefined : statOf(target);
    if (found && found.isDirectory() !== options.wanted.isDirectory()) {
      throw cannotMount(options.path, `a ${found.isDirectory() ? 'directory' : 'file'} is there, need the same kind`);
    }
    if (found) return;
    if (!part) throw cannotMount(options.path, 'the path does not exist and cannot be made there');
    this.#makeDirectory(part, dirname(target));
    makeEmpty(this.#inLayer(part, target), options.wanted);
  }

  /** Makes `path` in the overlay's layer. A directory there replaces the host's mode and owner, so they are copied. */
  #makeDirectory(part: OverlayPart, path: string): void {
    const below = this.#inLayer(part, path);
    if (path === part.path || existsSync(below)) return;
    this.#makeDirectory(part, dirname(path));
    mkdirSync(below);
    if (part.lower !== undefined) copyOwner(path, below);
  }

  #makeLayers(part: OverlayPart): void {
    const own = this.#layers(part);
    for (const directory of Object.values(own)) mkdirSync(directory, { recursive: true });
    for (const directory of [own.layer, own.upper]) {
      if (part.lower === undefined) chmodSync(directory, 0o755);
      else copyOwner(part.path, directory);
    }
  }

  #layers(part: OverlayPart): { layer: string; upper: string; work: string } {
    const own = join(this.#input.directory, `layer-${this.#input.view.overlays.indexOf(part)}`);
    return { layer: join(own, 'lower'), upper: join(own, 'upper'), work: join(own, 'work') };
  }

  #inLayer(part: OverlayPart, path: string): string {
    return join(this.#layers(part).layer, relative(part.path, path));
  }

  /** The overlay that shows `path`; undefined when it lies on something bound or mounted freshly. */
  #overlayOf(path: string): OverlayPart | undefined {
    const { overlays, binds } = this.#input.view;
    if ([...binds, '/proc', '/dev/shm', '/dev/pts'].some((bind) => isBelow(path, bind))) return undefined;
    return overlays.findLast((part) => isBelow(path, part.path));
  }

  #line(source: string, target: string, type: string, options: string): void {
    const place = target === '/' ? this.#root : join(this.#root, target);
    this.#lines.push([source, place, type, options, '0', '0'].map(escapeField).join(' '));
  }
}

/**
 * `path` with the symbolic links of the host's directories followed, as far as they exist. `/run` and `/dev` are
 * the container's own, so nothing below them is looked up.
 */
export function resolveInView(path: string): string {
  let pending = path.split('/').filter((part) => part !== '' && part !== '.');
  let current = '/';
  for (let links = 0; pending.length > 0; ) {
    const next = resolve(current, pending[0]!);
    pending = pending.slice(1);
    const link = FRESH.some((fresh) => isBelow(next, fresh)) ? undefined : linkOf(next);
    if (link === undefined) {
      current = next;
      continue;
    }
    if (++links > 40) throw cannotMount(path, 'too many symbolic links');
    pending = [...resolve(current, link).split('/').filter(Boolean), ...pending];
    current = '/';
  }
  return current;
}

function linkOf(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isSymbolicLink() ? readlinkSync(path) : undefined;
}

function statOf(path: string): Stats | undefined {
  return existsSync(path) ? lstatSync(resolveInView(path), { throwIfNoEntry: false }) : undefined;
}

function makeEmpty(path: string, like: Stats): void {
  mkdirSync(like.isDirectory() ? path : dirname(path), { recursive: true });
  if (!like.isDirectory()) writeFileSync(path, '', { mode: 0o644 });
}

function copyOwner(from: string, to: string): void {
  const stats = lstatSync(from, { throwIfNoEntry: false });
  if (!stats) return;
  try {
    chownSync(to, stats.uid, stats.gid);
  } catch (error) {
    // An owner from outside the user namespace cannot be given: the directory then belongs to the container's root.
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EINVAL' && code !== 'EPERM') throw error;
  }
  chmodSync(to, stats.mode & 0o7777);
}

function cannotMount(path: string, why: string): RuntimeError {
  return new RuntimeError('CreateContainerError', `Cannot mount at ${path}: ${why}`);
}

function escapeField(text: string): string {
  return text.replace(/[\\ \t\n#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
