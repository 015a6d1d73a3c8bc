import { spawnSync } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type FileResult, runTestFile } from './testfile.ts';

const ROOT = join(import.meta.dirname, '..');

interface Group {
  readonly name: string;
  readonly patterns: readonly string[];
  /** A group that must not be empty: a pattern that matches nothing would pass for ever. */
  readonly required: boolean;
  /** How many files run at a time. */
  readonly parallel: number;
  readonly timeoutMs: number;
}

const GROUPS: readonly Group[] = [
  { name: 'unit', patterns: ['src/**/*.test.ts'], required: true, parallel: 2, timeoutMs: 120_000 },
  {
    name: 'house',
    patterns: ['test/house/**/*.test.ts', 'test/support/**/*.test.ts', 'scripts/**/*.test.ts'],
    required: true,
    parallel: 2,
    timeoutMs: 300_000,
  },
  { name: 'e2e', patterns: ['test/e2e/**/*.test.ts'], required: true, parallel: 1, timeoutMs: 300_000 },
  {
    name: 'conformance',
    patterns: ['test/conformance/**/*.test.ts'],
    required: false,
    parallel: 1,
    timeoutMs: 300_000,
  },
  { name: 'sim', patterns: ['sim/**/*.test.ts'], required: true, parallel: 2, timeoutMs: 300_000 },
  { name: 'examples', patterns: ['examples/**/*.test.ts'], required: false, parallel: 1, timeoutMs: 300_000 },
];
const CHECKS: Readonly<Record<string, readonly string[]>> = {
  types: ['tsc', '--noEmit'],
  lint: ['biome', 'check', '--error-on-warnings', '.'],
};
const USAGE = `npm test [-- NAME|PATH ...]
  without arguments: everything
  NAME: ${[...Object.keys(CHECKS), ...GROUPS.map((group) => group.name)].join(', ')}
  PATH: every test file whose path contains it`;

/** Counts over everything that ran; a check counts as one test. */
const total = { passed: 0, failed: 0 };
const interrupted = new AbortController();

async function main(args: readonly string[]): Promise<void> {
  if (args.some((arg) => arg.startsWith('-'))) {
    console.log(USAGE);
    process.exitCode = args.includes('--help') ? 0 : 1;
    return;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const named = (name: string) => args.length === 0 || args.includes(name);
  const paths = args.filter((arg) => !(arg in CHECKS) && !GROUPS.some((group) => group.name === arg));
  for (const [name, command] of Object.entries(CHECKS)) if (named(name)) runCheck(name, command);
  let matched = 0;
  for (const group of GROUPS) {
    const files = globSync([...group.patterns], { cwd: ROOT, exclude: ['**/node_modules/**'] }).sort();
    const chosen = named(group.name) ? files : files.filter((file) => paths.some((path) => file.includes(path)));
    matched += named(group.name) ? 0 : chosen.length;
    if (named(group.name) && group.required && files.length === 0) {
      failed(`${group.name}: ${group.patterns.join(', ')} match no file, need at least one`);
    }
    await runFiles(group, chosen);
    if (group.name === 'unit' && args.length === 0) runOnOldestNode();
  }
  if (paths.length > 0 && matched === 0) failed(`${paths.join(', ')}: no test file has this in its path\n${USAGE}`);
  if (interrupted.signal.aborted) failed('interrupted: not everything ran');
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

function runCheck(name: string, [command = '', ...args]: readonly string[]): void {
  const startedAt = performance.now();
  const path = `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env['PATH']}`;
  const result = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, PATH: path } });
  if (result.error) failed(`${name}: ${result.error.message}`);
  else if (result.status !== 0)
    failed(`${name}: ${command} ${args.join(' ')}\n${indent(result.stdout + result.stderr)}`);
  else passed(name, performance.now() - startedAt);
}

/** `engines` names Node 24 as the oldest: where this machine has it as `node24`, the unit tests pass there as well. */
function runOnOldestNode(): void {
  const node = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node24'));
  const found = node.find(isExecutable);
  if (!found || process.version.startsWith('v24.')) return;
  const startedAt = performance.now();
  const result = spawnSync(found, [import.meta.filename, 'unit'], { cwd: ROOT, encoding: 'utf8' });
  if (result.status === 0) passed('unit tests on Node 24', performance.now() - startedAt);
  else failed(`unit tests on Node 24\n${indent(result.stdout + result.stderr)}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function runFiles(group: Group, files: readonly string[]): Promise<void> {
  const waiting = [...files];
  const worker = async () => {
    for (let file = waiting.shift(); file && !interrupted.signal.aborted; file = waiting.shift()) {
      const options = { timeoutMs: group.timeoutMs, signal: interrupted.signal };
      report(file, await runTestFile(join(ROOT, file), options));
    }
  };
  await Promise.all(Array.from({ length: group.parallel }, worker));
}

function report(file: string, result: FileResult): void {
  total.passed += result.passed;
  const seconds = `${(result.durationMs / 1000).toFixed(1)} s`;
  if (result.failures.length === 0) {
    console.log(`ok    ${file} (${result.passed} tests, ${seconds})`);
    return;
  }
  for (const { name, reason } of result.failures) failed(`${file} › ${name}\n${indent(reason)}`);
  if (result.output.trim() !== '') console.log(indent(`--- what ${file} printed\n${result.output.trimEnd()}`));
}

function passed(name: string, durationMs: number): void {
  total.passed++;
  console.log(`ok    ${name} (${(durationMs / 1000).toFixed(1)} s)`);
}

function failed(text: string): void {
  total.failed++;
  console.log(`FAIL  ${text}`);
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '      ');
}

await main(process.argv.slice(2));
