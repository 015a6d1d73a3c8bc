import { isBelow, type MountPoint } from './mountinfo.ts';

/**
 * How a container sees the host's file system: every part of it is either an overlay (the host's files below, the
 * container's own writes above, nothing reaches the host) or bound as it is.
 */
export interface HostView {
  /** Sorted, so that what lies deeper comes later. */
  readonly overlays: readonly OverlayPart[];
  readonly binds: readonly string[];
}

export interface OverlayPart {
  readonly path: string;
  /** Directory shown below the container's writes; absent when it starts empty. */
  readonly lower: string | undefined;
}

/** An entry of the host's root directory. */
export interface RootEntry {
  readonly name: string;
  readonly kind: 'directory' | 'other';
}

export interface HostViewInput {
  readonly mounts: readonly MountPoint[];
  readonly rootEntries: readonly RootEntry[];
  /** In a user namespace mounts that came from outside are locked: nothing above one can be the lower of an overlay. */
  readonly userNamespace: boolean;
  /** Directory with copies of the root's links and empty directories: the lower of `/` in a user namespace. */
  readonly skeleton: string;
  /** Paths that are mounted freshly in each container or belong to the runtime itself. */
  readonly own: readonly string[];
}

const OVERLAID = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'bcachefs', 'f2fs', 'tmpfs', 'overlay', 'squashfs']);
const FRESH = ['/proc', '/run', '/var/run', '/dev'];
const BOUND = '/sys';
/** These start empty in every container. */
const EMPTY: readonly OverlayPart[] = [
  { path: '/dev', lower: undefined },
  { path: '/run', lower: undefined },
];

/** Decides which parts of the host's file system are overlaid and which are bound. Pure. */
export function planHostView(input: HostViewInput): HostView {
  const foreign = input.mounts.filter((mount) => {
    return mount.path !== '/' && ![...FRESH, BOUND, ...input.own].some((path) => isBelow(mount.path, path));
  });
  return input.userNamespace ? planLocked(input, foreign) : planWhole(foreign);
}

function planWhole(foreign: readonly MountPoint[]): HostView {
  const overlays: OverlayPart[] = [{ path: '/', lower: '/' }];
  const binds: string[] = [BOUND];
  for (const mount of foreign) {
    if (binds.some((path) => isBelow(mount.path, path))) continue;
    if (OVERLAID.has(mount.fsType) && isPlain(mount.path)) overlays.push({ path: mount.path, lower: mount.path });
    else binds.push(mount.path);
  }
  return { overlays: [...overlays, ...EMPTY], binds };
}

function planLocked(input: HostViewInput, foreign: readonly MountPoint[]): HostView {
  const overlays: OverlayPart[] = [{ path: '/', lower: input.skeleton }];
  const binds: string[] = [];
  for (const entry of input.rootEntries) {
    const path = `/${entry.name}`;
    if (FRESH.includes(path)) continue;
    const locked = foreign.some((mount) => {
      return isBelow(mount.path, path) && (mount.path !== path || !OVERLAID.has(mount.fsType));
    });
    if (entry.kind === 'directory' && !locked && path !== BOUND && isPlain(path)) {
      overlays.push({ path, lower: path });
    } else binds.push(path);
  }
  return { overlays: [...overlays, ...EMPTY], binds };
}

/** Overlay options have no room for these. */
function isPlain(path: string): boolean {
  return !/[,:\\\s]/.test(path);
}
