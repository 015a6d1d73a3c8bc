import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deferred } from '../../base/deferred.ts';
import { type LoadEvent, parseLoadEvent, type SummaryEvent } from './events.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

interface Run {
  readonly child: ChildProcess;
  readonly events: LoadEvent[];
  /** Resolves with the event when the first of its kind comes. */
  first(kind: LoadEvent['event']): Promise<LoadEvent>;
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

function run(args: readonly string[]): Run {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const events: LoadEvent[] = [];
  const waiting: { kind: string; resolve: (event: LoadEvent) => void }[] = [];
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = parseLoadEvent(line);
    events.push(event);
    for (const waiter of waiting) if (waiter.kind === event.event) waiter.resolve(event);
  });
  const ended = deferred<{ code: number | null; stderr: string }>();
  child.on('close', (code) => ended.resolve({ code, stderr }));
  const first = (kind: LoadEvent['event']) => {
    const seen = deferred<LoadEvent>();
    const known = events.find((event) => event.event === kind);
    if (known) seen.resolve(known);
    waiting.push({ kind, resolve: seen.resolve });
    return seen.promise;
  };
  return { child, events, first, ended: ended.promise };
}

async function withServer(
  options: { failEvery: number },
  use: (url: string, served: () => number) => Promise<void>,
): Promise<void> {
  let served = 0;
  const server = createServer((request, response) => {
    if (++served % options.failEvery === 0) request.socket.destroy();
    else response.setHeader('x-pod', 'one').end('{"version":"1"}');
  });
  const listening = deferred();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, () => served);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function summaryOf(events: readonly LoadEvent[]): SummaryEvent {
  const last = events.at(-1);
  assert.equal(last?.event, 'summary');
  return last;
}

test('every request is accounted for: a line for each loss, a line for each second, and a summary', async () => {
  await withServer({ failEvery: 10 }, async (url) => {
    const load = run(['--target', url, '--rate', '200', '--duration', '1200ms', '--timeout', '5s']);
    const { code, stderr } = await load.ended;
    assert.equal(stderr, '');
    const summary = summaryOf(load.events);
    assert.equal(code, summary.valid ? 0 : 1, 'losses are a result, not a failure');
    assert.equal(summary.sent, 240);
    assert.equal(summary.answered + summary.lost, 240);
    assert.equal(summary.lost, 24);
    assert.equal(summary.lostBy.reset, 24);
    assert.equal(summary.endpoints['one']?.answered, 216);
    const losses = load.events.filter((event) => event.event === 'loss');
    assert.equal(losses.length, 24);
    assert.ok(losses.every((loss) => loss.kind === 'reset' && loss.phase === 'sent' && (loss.localPort ?? 0) > 0));
    const seconds = load.events.filter((event) => event.event === 'second');
    assert.equal(
      seconds.reduce((sum, second) => sum + second.answered + second.lost, 0),
      240,
    );
    assert.ok(summary.latencyMs.p50 > 0 && summary.latencyMs.p50 <= summary.latencyMs.max);
    assert.equal(load.events[0]?.event, 'ready');
  });
});

test('SIGTERM ends it early with the summary of what is done', async () => {
  await withServer({ failEvery: 1e9 }, async (url) => {
    const load = run(['--target', url, '--rate', '50', '--duration', '10m']);
    await load.first('second');
    load.child.kill('SIGTERM');
    const { code } = await load.ended;
    const summary = summaryOf(load.events);
    assert.equal(code, summary.valid ? 0 : 1);
    assert.equal(summary.stopped, true);
    assert.ok(summary.sent > 0 && summary.sent < 30_000);
    assert.equal(summary.sent, summary.answered, 'what was in flight was waited for');
  });
});

test('under control it says ready, begins at "start" and stops at "stop"', async () => {
  await withServer({ failEvery: 1e9 }, async (url, served) => {
    const load = run(['--target', url, '--rate', '100', '--duration', '10m', '--control']);
    await load.first('ready');
    assert.equal(served(), 1, 'only the one request that found it ready');
    load.child.stdin?.write('start\n');
    await load.first('second');
    load.child.stdin?.write('stop\n');
    await load.ended;
    assert.equal(summaryOf(load.events).stopped, true);
    assert.equal(summaryOf(load.events).sent + 1, served());
  });
});

test('it stops when the process that controls it is gone', async () => {
  await withServer({ failEvery: 1e9 }, async (url) => {
    const load = run(['--target', url, '--control']);
    await load.first('ready');
    load.child.stdin?.end();
    assert.equal((await load.ended).code, 0);
    assert.equal(summaryOf(load.events).sent, 0);
  });
});

test('the warm-up is sent and not counted', async () => {
  await withServer({ failEvery: 1e9 }, async (url, served) => {
    const load = run(['--target', url, '--rate', '100', '--duration', '200ms', '--warm-up', '300ms']);
    await load.ended;
    assert.equal(summaryOf(load.events).sent, 20);
    assert.equal(served(), 1 + 30 + 20);
  });
});

test('a target that never answers ends it with one line and exit code 1', async () => {
  const load = run(['--target', 'http://127.0.0.1:1/', '--ready-timeout', '100ms']);
  const { code, stderr } = await load.ended;
  assert.equal(code, 1);
  assert.match(stderr, /^Cannot begin the load: http:\/\/127\.0\.0\.1:1\/ did not answer in 100 ms \(ECONNREFUSED\)/);
  assert.deepEqual(load.events, []);
});

test('bad arguments end it with the usage and exit code 2', async () => {
  const { code, stderr } = await run(['--rate', '10']).ended;
  assert.equal(code, 2);
  assert.match(stderr, /need --target[^\n]*\nUsage: /);
});
