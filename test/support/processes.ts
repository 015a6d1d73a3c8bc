import { readdirSync, readFileSync } from 'node:fs';
import { delay } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/system.ts';

const LOOK_MS = 10;

/** A process of this machine, those in namespaces below it included. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly commandLine: string;
}

/** Every process that has not ended. */
export function processes(): Process[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const stat = readOrGone(`/proc/${pid}/stat`);
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (!state || state === 'Z' || state === 'X') return [];
    const commandLine = readOrGone(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    return [{ pid: Number(pid), parent: Number(parent), commandLine }];
  });
}

/** Command lines of the processes that have `marker` in them. */
export function processesWith(marker: string): string[] {
  return processes().flatMap(({ commandLine }) => (commandLine.includes(marker) ? [commandLine] : []));
}

/** `pid` and every process that descends from it. */
export function processTree(pid: number): Process[] {
  const all = processes();
  const found = all.filter((process) => process.pid === pid);
  for (const parent of found) found.push(...all.filter((process) => process.parent === parent.pid));
  return found;
}

/** Resolves when none of these lives any more. Nothing tells of the end of what is not one's own child: it looks. */
export async function untilGone(those: readonly Process[]): Promise<void> {
  const same = (process: Process) =>
    those.some(({ pid, commandLine }) => pid === process.pid && commandLine === process.commandLine);
  while (processes().some(same)) await delay(systemClock, LOOK_MS);
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
