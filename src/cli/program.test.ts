import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../test/support/tempdir.ts';
import { runProgram } from './program.ts';

async function segue(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runProgram(['node', 'segue', ...args], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { code, out: out.join(''), err: err.join('') };
}

test('help and version are answers, not errors', async () => {
  const help = await segue('--help');
  assert.deepEqual([help.code, help.err], [0, '']);
  for (const command of ['up', 'verify', 'simulate']) assert.match(help.out, new RegExp(`^ +${command} `, 'm'));
  const version = await segue('--version');
  assert.deepEqual([version.code, version.out], [0, 'v1.35.0+segue\n']);
});

const MISUSES: Record<string, [string[], RegExp]> = {
  'an unknown command': [['down'], /unknown command 'down'/],
  'an unknown option': [['up', '--colour'], /unknown option '--colour'/],
  'a port that is no number': [['up', '--port', 'x'], /--port.*need a whole number/],
  'an unknown release level': [['up', '--release', 'Never'], /--release.*Allowed choices/],
  'a verification without a change': [['verify'], /required option '--change <change>' not specified/],
};

for (const [what, [args, pattern]] of Object.entries(MISUSES)) {
  test(`${what} is refused with exit code 1`, async () => {
    const { code, out, err } = await segue(...args);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, pattern);
  });
}

const REFUSED: Record<string, [string[], RegExp]> = {
  'no nodes': [['up', '--nodes', '0'], /^segue: Cannot start 0 nodes: need 1 to 200 \(--nodes\)\n$/],
  'a port beyond all ports': [['up', '--port', '70000'], /^segue: Cannot listen on port 70000: need 0 to 65535/],
  'a load balancer beyond loopback': [['up', '--lb-address', '10.0.0.1'], /^segue: Cannot publish .*need one such as/],
  'manifests that are not there': [['up', '-f', '/none'], /^segue: Cannot read \/none: /],
  'a change that is not known': [
    ['verify', '--change', 'dance'],
    /^segue: Cannot make the change "dance": need one of/,
  ],
  'a change after the load': [
    ['verify', '--change', 'delete pod/a', '--duration', '1s', '--change-after', '1s'],
    /^segue: Cannot make the change after 1000 ms/,
  ],
  'no load': [['verify', '--change', 'delete pod/a', '--rate', '0'], /^segue: Cannot load with 0 requests a second/],
  'a relative path': [['verify', '--change', 'delete pod/a', '--path', 'x'], /^segue: Cannot request x: need a path/],
  'a senseless time': [
    ['verify', '--change', 'delete pod/a', '--timeout', 'soon'],
    /^segue: Cannot read --timeout soon/,
  ],
};

for (const [what, [args, pattern]] of Object.entries(REFUSED)) {
  test(`${what}: one line on standard error, exit code 1, nothing made`, async () => {
    await using temp = await tempDir();
    const state = args[0] === 'up' ? ['--state', join(temp.path, 'state')] : [];
    const { code, err } = await segue(...args, ...state);
    assert.equal(code, 1);
    assert.match(err, pattern);
    assert.equal(err.indexOf('\n'), err.length - 1);
    assert.deepEqual(await readdir(temp.path), []);
  });
}

test('a refused command leaves no signal handler behind', async () => {
  await using temp = await tempDir();
  await writeFile(join(temp.path, 'a.yaml'), 'a: [');
  const before = process.listenerCount('SIGINT');
  assert.equal((await segue('up', '-f', temp.path)).code, 1);
  assert.equal(process.listenerCount('SIGINT'), before);
});
