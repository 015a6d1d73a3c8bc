import { readdirSync, readFileSync } from 'node:fs';

/** Command lines of the processes of group `group` that still run; those that have ended and wait to be reaped are left out. */
export function liveMembers(group: number): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const stat = readOrGone(`/proc/${pid}/stat`);
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(processGroup) !== group || state === 'Z' || state === 'X') return [];
    return [`${pid} ${readOrGone(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`];
  });
}

/** Ends the whole group at once; one that has no members left is fine. */
export function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function readOrGone(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}
