import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Kills the process `pid`, its descendants and whatever holds the pipe with inode `pipeInode`, until none is left: a
 * process that made itself independent of its parents is still found by the output it was given.
 */
export function killTree(pid: number, pipeInode: number): void {
  const pipe = `pipe:[${pipeInode}]`;
  const killed = new Set<number>();
  for (;;) {
    const alive = readProcesses();
    const doomed = new Set(descendantsOf(pid, alive));
    for (const other of alive.keys()) if (other !== process.pid && holds(other, pipe)) doomed.add(other);
    const fresh = [...doomed].filter((other) => !killed.has(other));
    if (fresh.length === 0) return;
    for (const other of fresh) {
      kill(other);
      killed.add(other);
    }
  }
}

/** pid → parent pid of all processes that are not dead yet. */
function readProcesses(): Map<number, number> {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readOrEmpty(`/proc/${name}/stat`);
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (parent !== undefined && state !== 'Z' && state !== 'X') parents.set(Number(name), Number(parent));
  }
  return parents;
}

function descendantsOf(root: number, parents: ReadonlyMap<number, number>): number[] {
  const found = parents.has(root) ? [root] : [];
  for (let i = 0; i < found.length; i++) {
    for (const [pid, parent] of parents) if (parent === found[i]) found.push(pid);
  }
  return found;
}

function holds(pid: number, pipe: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOrEmpty(`/proc/${pid}/fd/${fd}`) === pipe);
  } catch {
    return false; // It ended while we looked.
  }
}

function linkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // It was closed while we looked.
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // It ended while we looked.
  }
}
