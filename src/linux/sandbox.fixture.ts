import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

const MARK = 'SEGUE_TEST_SANDBOX';

/**
 * Declares the tests of a file in namespaces of their own, where they may do what they like to the kernel: the file is
 * run again inside them, and fails as one test here with all that it printed. Where namespaces are not permitted that
 * test fails, with what the system said.
 */
export function inSandbox(file: string, declare: () => void): void {
  if (process.env[MARK] === file) {
    declare();
    return;
  }
  test(`${basename(file, '.test.ts')}, in namespaces of its own`, async (context) => {
    const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const own = [...user, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const run = [process.execPath, '--test-reporter=tap', file];
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...own, ...run], {
      env: { ...environment, [MARK]: file },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(String(error)));
      child.once('exit', (code, signal) => resolve(signal ?? String(code)));
    });
    const [exit, output, errors] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
    assert.equal(exit, '0', `inside the namespaces:\n${output}${errors}`);
    const passed = Number(/^# pass (\d+)$/m.exec(output)?.[1] ?? 0);
    assert.ok(passed > 0, `no test ran inside the namespaces:\n${output}${errors}`);
    context.diagnostic(`${passed} tests passed inside`);
  });
}
