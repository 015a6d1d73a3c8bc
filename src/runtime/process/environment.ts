import { readFileSync } from 'node:fs';
import type { ContainerConfig } from '../runtime.ts';

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Whom a container's processes run as. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** True when nothing was asked for: the processes stay what the runtime is. */
  readonly inherited: boolean;
}

/** The user of a container as Kubernetes gives it: the group is the user's own in passwd(5), or 0. */
export function userOf(config: ContainerConfig, passwd = readFileSync('/etc/passwd', 'utf8')): ContainerUser {
  const uid = config.runAsUser ?? 0;
  const entry = passwd
    .split('\n')
    .find((line) => line.split(':')[2] === String(uid))
    ?.split(':');
  const gid = config.runAsGroup ?? (config.runAsUser === undefined ? 0 : Number(entry?.[3] ?? 0));
  const inherited = config.runAsUser === undefined && config.runAsGroup === undefined;
  return { uid, gid, home: entry?.[5] || '/', inherited };
}

/** The first number that `map` (user_namespaces(7), uid_map) has no place for, if any. */
export function unmappedId(map: string, id: number): boolean {
  return !map.split('\n').some((line) => {
    const [from, , count] = line.trim().split(/\s+/).map(Number);
    return from !== undefined && count !== undefined && id >= from && id < from + count;
  });
}

/** What a container's processes find in their environment: PATH, HOSTNAME and HOME unless the image or the pod says else. */
export function environmentOf(
  config: ContainerConfig,
  options: { hostname: string; home: string },
): Record<string, string> {
  const defaults = { PATH: DEFAULT_PATH, HOSTNAME: options.hostname, HOME: options.home };
  return { ...defaults, ...config.image.env, ...config.env };
}
