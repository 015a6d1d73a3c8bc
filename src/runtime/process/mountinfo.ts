/** One line of `/proc/PID/mountinfo` (proc(5)), as far as it is used here. */
export interface MountPoint {
  readonly path: string;
  readonly fsType: string;
  /** Per-mount options such as `ro`, `nosuid`, `nodev`. */
  readonly options: readonly string[];
}

/** Reads `/proc/self/mountinfo`; where several are mounted on one path only the last one can be seen. */
export function parseMountinfo(text: string): MountPoint[] {
  const byPath = new Map<string, MountPoint>();
  for (const line of text.split('\n')) {
    const fields = line.split(' ');
    const separator = fields.indexOf('-');
    const fsType = fields[separator + 1];
    const path = fields[4];
    const options = fields[5];
    if (separator < 0 || path === undefined || options === undefined || fsType === undefined) continue;
    byPath.set(decodeOctal(path), { path: decodeOctal(path), fsType, options: options.split(',') });
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** True when `path` is `parent` or lies below it. */
export function isBelow(path: string, parent: string): boolean {
  return path === parent || parent === '/' || path.startsWith(`${parent}/`);
}

/** The mount that `path` lies on. */
export function mountOf(mounts: readonly MountPoint[], path: string): MountPoint | undefined {
  const over = mounts.filter((mount) => isBelow(path, mount.path));
  return over.reduce<MountPoint | undefined>((best, mount) => {
    return best && best.path.length > mount.path.length ? best : mount;
  }, undefined);
}

/** The file's octal escapes: `\040` is a blank. */
function decodeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
