import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../test/support/tempdir.ts';
import { liveMembers } from './processgroup.ts';
import { type FileResult, runTestFile } from './testfile.ts';

const HEAD = `import { describe, test } from 'node:test'; import assert from 'node:assert';\n`;

async function run(source: string, timeoutMs = 60_000): Promise<FileResult> {
  await using folder = await tempDir();
  const file = join(folder.path, 'x.test.ts');
  await writeFile(file, HEAD + source);
  return await runTestFile(file, { timeoutMs });
}

test('tests are counted one by one, in suites and below other tests', async () => {
  const source = `test('a', () => {}); describe('s', () => { test('b', () => {}); test('c', async (t) => { await t.test('d', () => {}); }); });`;
  const { passed, failures } = await run(source);
  assert.deepEqual({ passed, failures }, { passed: 4, failures: [] });
});

test('a failure is told with its place, its reason and what caused it, and once only', async () => {
  const source = `describe('s', () => { test('t', async (t) => { await t.test('u', () => { throw new Error('x', { cause: new Error('y') }); }); }); });`;
  const { passed, failures } = await run(source);
  assert.deepEqual([passed, failures.length, failures[0]?.name], [0, 1, 's › t › u']);
  assert.match(failures[0]?.reason ?? '', /^Error: x[\s\S]*caused by: Error: y/);
});

test('a hang fails with the name of the test that hung', async () => {
  const { failures } = await run(
    `test('waits for ever', () => new Promise(() => { setInterval(() => {}, 1000); }));`,
    1_500,
  );
  assert.deepEqual(failures, [
    { name: '(the file)', reason: 'did not end within 1.5 s; still running: waits for ever' },
  ]);
});

test('a process that stays after its tests fails', async () => {
  const { passed, failures } = await run(`test('fine', () => {}); setInterval(() => {}, 1000);`, 1_500);
  assert.equal(passed, 1);
  assert.match(failures[0]?.reason ?? '', /its tests were over, but its process was not/);
});

test('a crash, an early exit and a file without tests fail', async () => {
  assert.equal((await run(`throw new Error('boom');`)).failures.length, 1);
  assert.match((await run(`test('a', () => { process.exit(3); });`)).failures[0]?.reason ?? '', /exit code 3/);
  assert.match(
    (await run(`test('a', () => { process.kill(process.pid, 'SIGKILL'); });`)).failures[0]?.reason ?? '',
    /SIGKILL/,
  );
  assert.deepEqual((await run('assert.ok(test && describe);')).failures, [
    { name: '(the file)', reason: 'declares no test' },
  ]);
});

test('a skipped test is a failure', async () => {
  const { passed, failures } = await run(
    `test('a', { skip: 'no root' }, () => {}); test('b', { todo: true }, () => {});`,
  );
  assert.deepEqual([passed, failures.map(({ reason }) => reason)], [0, ['was skipped: no root', 'is marked todo']]);
});

test('a process that a test left running is named and ended', async () => {
  const source = `import { spawn } from 'node:child_process'; test('a', () => { const c = spawn('sleep', ['300'], { stdio: 'ignore' }); c.unref(); });`;
  const { failures } = await run(source);
  const [, pid = ''] = /left processes running:\n(\d+) sleep 300/.exec(failures[0]?.reason ?? '') ?? [];
  assert.notEqual(pid, '');
  const stat = existsSync(`/proc/${pid}`) ? await readFile(`/proc/${pid}/stat`, 'utf8') : `${pid} (sleep) Z`;
  assert.match(stat, /\) [ZX]/);
});

test('what a file printed is kept for its report', async () => {
  const { output } = await run(`test('a', () => { console.log('out'); console.error('err'); });`);
  assert.deepEqual(output.trim().split('\n').sort(), ['err', 'out']);
});

test('the members of a group are its running processes', () => {
  assert.deepEqual(liveMembers(2 ** 22 + 1), []);
});
