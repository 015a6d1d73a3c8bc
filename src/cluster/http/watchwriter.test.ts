import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../base/fakeclock.ts';
import { AT_ONCE_MAX, Gatherer } from './gatherer.ts';
import { WAITING_BYTES_MAX, WatchWriter } from './watchwriter.ts';

class Outlet {
  readonly chunks: string[] = [];
  readonly unfinished: (() => void)[] = [];
  isEnded = false;

  write(chunk: Buffer, done: () => void): void {
    this.chunks.push(chunk.byteLength > 100 ? `${chunk.byteLength} bytes` : chunk.toString());
    this.unfinished.push(done);
  }

  end(): void {
    this.isEnded = true;
  }
}

function start() {
  const clock = new FakeClock();
  const outlet = new Outlet();
  return { clock, outlet, writer: new WatchWriter(outlet, new Gatherer(clock)) };
}

function event(line: string) {
  return { event: { type: 'ADDED', object: {} } as const, line };
}

test('events that follow each other closely are written at once as long as they are few', () => {
  const { outlet, writer } = start();
  writer.onEvents([event('a')]);
  writer.onEvents([event('b')]);
  writer.onEvents([event('c'), event('d')]);
  assert.deepEqual(outlet.chunks, ['a', 'b', 'cd']);
});

test('when there are many, over all streams, they are gathered for 10 ms', async () => {
  const clock = new FakeClock();
  const gatherer = new Gatherer(clock);
  const [outlet, other] = [new Outlet(), new Outlet()];
  const [writer, busy] = [new WatchWriter(outlet, gatherer), new WatchWriter(other, gatherer)];
  for (let count = 0; count < AT_ONCE_MAX; count++) busy.onEvents([event('x')]);
  assert.equal(other.chunks.length, AT_ONCE_MAX);
  writer.onEvents([event('a')]);
  writer.onEvents([event('b'), event('c')]);
  assert.deepEqual(outlet.chunks, []);
  await clock.advance(10);
  assert.deepEqual(outlet.chunks, ['abc']);
  writer.onEvents([event('d')]);
  assert.deepEqual(outlet.chunks, ['abc', 'd']);
});

test('a reader may be behind by a bounded amount; one batch may be larger', () => {
  const { outlet, writer } = start();
  assert.equal(writer.onEvents([event('x'.repeat(WAITING_BYTES_MAX))]), true);
  assert.equal(writer.onEvents([event('y')]), false);
  for (const done of outlet.unfinished) done();
  assert.equal(writer.onEvents([event('z')]), true);
});

test('the end comes after all that was taken, and nothing after the end', async () => {
  const { clock, outlet, writer } = start();
  writer.onEvents([event('a')]);
  writer.onEvents([event('b')]);
  writer.onEnd();
  assert.deepEqual([outlet.chunks, outlet.isEnded], [['a', 'b'], true]);
  assert.equal(writer.onEvents([event('c')]), false);
  await clock.advance(100);
  assert.deepEqual(outlet.chunks, ['a', 'b']);
});
