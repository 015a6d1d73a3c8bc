import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { killGroup, liveMembers } from './processgroup.ts';
import type { ReportLine } from './testreporter.ts';

export interface TestFailure {
  readonly name: string;
  readonly reason: string;
}

export interface FileResult {
  readonly passed: number;
  readonly failures: readonly TestFailure[];
  /** The end of what the file's process printed. */
  readonly output: string;
  readonly durationMs: number;
}

export interface FileOptions {
  /** The Node that runs the file; the present one when absent. */
  readonly node?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly leftRunning: readonly string[];
  readonly output: string;
}

const OUTPUT_CHARS_MAX = 20_000;
const LEFT_RUNNING_GRACE_MS = 1_000;

/**
 * Runs one test file in a process group of its own. A hang, a crash, a file without tests and a process left running are
 * failures of that file, and nothing of the group outlives the call.
 */
export async function runTestFile(file: string, options: FileOptions): Promise<FileResult> {
  const startedAt = performance.now();
  const scratch = await mkdtemp(join(tmpdir(), 'segue-report-'));
  try {
    const report = join(scratch, 'report');
    const ending = await runInGroup(file, report, options);
    const lines = existsSync(report) ? parseReport(readFileSync(report, 'utf8')) : [];
    const failures = lines.flatMap((line) =>
      line.event === 'failed' ? [{ name: line.name, reason: line.reason }] : [],
    );
    const passed = lines.filter((line) => line.event === 'passed').length;
    failures.push(
      ...failuresOfFile(ending, { lines, timeoutMs: options.timeoutMs, counted: passed + failures.length }),
    );
    return { passed, failures, output: ending.output, durationMs: performance.now() - startedAt };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runInGroup(file: string, report: string, options: FileOptions): Promise<Ending> {
  const reporter = join(import.meta.dirname, 'testreporter.ts');
  const flags = [`--test-reporter=${reporter}`, `--test-reporter-destination=${report}`];
  const child = spawn(options.node ?? process.execPath, [...flags, file], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: string) => {
    output = (output + chunk).slice(-OUTPUT_CHARS_MAX);
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const exit = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const group = child.pid;
  if (group === undefined) throw await exit.catch((error: unknown) => error);
  let timedOut = false;
  const end = () => killGroup(group);
  const limit = setTimeout(() => {
    timedOut = true;
    end();
  }, options.timeoutMs);
  options.signal?.addEventListener('abort', end);
  const [code, signal] = await exit;
  clearTimeout(limit);
  options.signal?.removeEventListener('abort', end);
  const leftRunning = timedOut ? [] : await stillRunning(group);
  end();
  await stillRunning(group);
  await closed;
  return { code, signal, timedOut, leftRunning, output };
}

/** What of the group runs on: children that were told to end get a moment to do so. */
async function stillRunning(group: number): Promise<string[]> {
  const until = performance.now() + LEFT_RUNNING_GRACE_MS;
  let members = liveMembers(group);
  while (members.length > 0 && performance.now() < until) {
    await delay(50);
    members = liveMembers(group);
  }
  return members;
}

function failuresOfFile(
  ending: Ending,
  seen: { lines: readonly ReportLine[]; timeoutMs: number; counted: number },
): TestFailure[] {
  const name = '(the file)';
  if (ending.timedOut) {
    const running = unfinished(seen.lines);
    const where =
      running.length > 0 ? `still running: ${running.join(', ')}` : 'its tests were over, but its process was not';
    return [{ name, reason: `did not end within ${seen.timeoutMs / 1000} s; ${where}` }];
  }
  const failures: TestFailure[] = [];
  if (ending.signal) failures.push({ name, reason: `was ended by ${ending.signal}` });
  const hasFailed = seen.lines.some((line) => line.event === 'failed');
  if (ending.code && !hasFailed) failures.push({ name, reason: `ended with exit code ${ending.code}` });
  if (ending.code === 0 && seen.counted === 0) failures.push({ name, reason: 'declares no test' });
  if (ending.leftRunning.length > 0) {
    failures.push({ name, reason: `left processes running:\n${ending.leftRunning.join('\n')}` });
  }
  return failures;
}

function unfinished(lines: readonly ReportLine[]): string[] {
  const running: string[] = [];
  for (const line of lines) {
    if (line.event === 'started') running.push(line.name);
    const at = line.event === 'ended' ? running.indexOf(line.name) : -1;
    if (at >= 0) running.splice(at, 1);
  }
  return running;
}

/** The report of a process that was killed may end in half a line. */
function parseReport(text: string): ReportLine[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReportLine);
}
