import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deferred } from '../../base/deferred.ts';
import { childLoad } from './childload.ts';
import type { LoadEvent } from './events.ts';
import { LoadFailedError, type LoadProcess } from './loadprocess.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

function begin(args: readonly string[]): LoadProcess {
  return childLoad(spawn(process.execPath, [MAIN, '--control', ...args], { stdio: 'pipe' }));
}

async function withServer(use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => response.end('ok'));
  const listening = deferred();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a load in a process of its own begins when told and gives every event to the summary', async () => {
  await withServer(async (url) => {
    const load = begin(['--target', url, '--rate', '100', '--duration', '300ms']);
    const events: LoadEvent[] = [];
    for await (const event of load.events) {
      events.push(event);
      if (event.event === 'ready') load.start();
    }
    assert.deepEqual(
      events.map(({ event }) => event),
      ['ready', 'second', 'summary'],
    );
    await load.close();
  });
});

test('a generator that cannot begin fails with what it said', async () => {
  const load = begin(['--target', 'http://127.0.0.1:1/', '--ready-timeout', '50ms']);
  await assert.rejects(
    async () => {
      for await (const _ of load.events);
    },
    (error: unknown) => {
      assert.ok(error instanceof LoadFailedError);
      assert.match(error.message, /exit code 1: Cannot begin the load: .* did not answer in 50 ms/);
      return true;
    },
  );
});

test('a generator that cannot be started fails with the reason', async () => {
  const load = childLoad(spawn('/nowhere/node', [MAIN], { stdio: 'pipe' }));
  await assert.rejects(
    async () => {
      for await (const _ of load.events);
    },
    { name: 'LoadFailedError', message: /ENOENT/ },
  );
  await load.close();
});

test('close ends a load that still runs', async () => {
  await withServer(async (url) => {
    const load = begin(['--target', url, '--duration', '10m']);
    const reading = assert.rejects(async () => {
      for await (const event of load.events) {
        if (event.event === 'ready') await load.close();
      }
    }, /SIGKILL/);
    await reading;
  });
});
