import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./httpecho.ts', import.meta.url));

function start(...flags: string[]): ChildProcess {
  const { PORT: _port, ECHO_TEXT: _text, ...env } = process.env;
  return spawn(process.execPath, [PROGRAM, ...flags], { stdio: ['ignore', 'pipe', 'pipe'], env });
}

async function firstLine(stream: ChildProcess['stdout']): Promise<string> {
  const [chunk] = await once(stream!, 'data');
  return String(chunk).trim();
}

async function answer(...flags: string[]): Promise<{ status: number; text: string; exitCode: number }> {
  const child = start('-listen=127.0.0.1:0', ...flags);
  try {
    const url = (await firstLine(child.stdout)).replace('server is listening on ', 'http://');
    const response = await fetch(url, { headers: { connection: 'close' } });
    const text = await response.text();
    child.kill('SIGTERM');
    const [exitCode] = await once(child, 'exit');
    return { status: response.status, text, exitCode };
  } finally {
    child.kill('SIGKILL');
  }
}

it('answers with its text and status and ends when asked', async () => {
  const expected = { status: 203, text: 'hi there\n', exitCode: 0 };
  assert.deepEqual(await answer('-text=hi there', '--status-code', '203'), expected);
});

it('answers as hello-app does', async () => {
  assert.match((await answer('-hello=2.0')).text, /^Hello, world!\nVersion: 2\.0\.0\nHostname: .+\n$/);
});

it('says what is wrong with its flags', async () => {
  const child = start('-txt=hi');
  assert.equal(await firstLine(child.stderr), 'flag provided but not defined: -txt=hi');
  const [exitCode] = await once(child, 'exit');
  assert.equal(exitCode, 127);
});
