import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delay } from '../base/clock.ts';
import { type Deferred, deferred } from '../base/deferred.ts';
import { FakeClock } from '../base/fakeclock.ts';
import { HistoryFixture } from './history.fixture.ts';
import type { LoadEvent } from './load/events.ts';
import { LoadFailedError, type LoadProcess } from './load/loadprocess.ts';
import { recordChange, type Subject } from './verification.ts';

const PLAN = { change: 'set env deploy/web VERSION=2', changeAfterMs: 5000 };
const READY: LoadEvent = { event: 'ready', at: 0, waitedMs: 1, url: 'http://10.96.1.2/', address: '10.96.1.2' };

/** A load that goes 20 s from its start on the clock, with a loss after 6 s. */
class FakeLoad implements LoadProcess {
  readonly #clock: FakeClock;
  readonly #started: Deferred<void> = deferred();
  readonly #stopped = new AbortController();
  readonly summary: LoadEvent | undefined;
  closed = false;

  constructor(clock: FakeClock, summary: LoadEvent | undefined) {
    this.#clock = clock;
    this.summary = summary;
  }

  get events(): AsyncIterable<LoadEvent> {
    return this.#run();
  }

  start(): void {
    this.#started.resolve();
  }

  stop(): void {
    this.#stopped.abort();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#stopped.abort();
  }

  async *#run(): AsyncGenerator<LoadEvent> {
    yield READY;
    await this.#started.promise;
    const until = (ms: number) => delay(this.#clock, ms, this.#stopped.signal).catch(() => {});
    await until(6000);
    yield* new HistoryFixture().loss(6000, 'refused').history().losses;
    await until(14_000);
    if (this.summary) yield this.summary;
  }
}

interface World {
  readonly clock: FakeClock;
  readonly load: FakeLoad;
  readonly subject: Subject;
  readonly changes: number[];
  watchEnded(): boolean;
}

function world(facts: { settleMs?: number; change?: () => Promise<void>; summary?: LoadEvent } = {}): World {
  const clock = new FakeClock(0);
  const recorded = new HistoryFixture().pod(0, 'web-a', { ready: true }).history();
  const load = new FakeLoad(clock, 'summary' in facts ? facts.summary : recorded.load);
  const changes: number[] = [];
  let watch: AbortSignal | undefined;
  const subject: Subject = {
    service: { namespace: 'default', name: 'web' },
    async watch(saw, signal) {
      watch = signal;
      for (const { type, object } of recorded.sightings) saw(type, object);
      saw('ADDED', { kind: 'ConfigMap' });
    },
    startLoad: async () => load,
    async change() {
      changes.push(clock.now());
      await facts.change?.();
    },
    settled: (signal) => delay(clock, facts.settleMs ?? 3000, signal),
  };
  return { clock, load, subject, changes, watchEnded: () => watch?.aborted === true };
}

test('the change is made under load, and all that was seen is in the history', async () => {
  const { clock, load, subject, changes, watchEnded } = world();
  const recording = recordChange(PLAN, subject, { clock });
  await clock.advance(20_000);
  const history = await recording;
  assert.deepEqual(changes, [5000]);
  assert.deepEqual([history.changedAt, history.settledAt], [5000, 8000]);
  assert.equal(history.losses.length, 1);
  assert.equal(history.load.sent, 20_000);
  assert.deepEqual(
    history.sightings.map(({ object }) => object.kind),
    ['Service', 'Pod'],
  );
  assert.equal(load.closed, true);
  assert.equal(watchEnded(), true);
});

test('a change that is not complete when the load ends has no time of completion', async () => {
  const { clock, subject } = world({ settleMs: 60_000 });
  const recording = recordChange(PLAN, subject, { clock });
  await clock.advance(20_000);
  assert.equal((await recording).settledAt, undefined);
});

test('a change that is refused ends the load and is reported as it is', async () => {
  const refused = new Error('deployments.apps "web" not found');
  const { clock, load, subject, watchEnded } = world({ change: () => Promise.reject(refused) });
  const recording = assert.rejects(recordChange(PLAN, subject, { clock }), refused);
  await clock.advance(20_000);
  await recording;
  assert.equal(load.closed, true);
  assert.equal(watchEnded(), true);
});

test('a load that ends without a summary fails the recording', async () => {
  const { clock, load, subject } = world({ summary: undefined as never });
  const recording = assert.rejects(recordChange(PLAN, subject, { clock }), LoadFailedError);
  await clock.advance(20_000);
  await recording;
  assert.equal(load.closed, true);
});

test('an interrupted verification stops the load and gives what was seen so far', async () => {
  const { clock, subject, changes } = world();
  const interrupt = new AbortController();
  const recording = recordChange(PLAN, subject, { clock, signal: interrupt.signal });
  await clock.advance(1000);
  interrupt.abort();
  await clock.advance(1);
  const history = await recording;
  assert.deepEqual(changes, [], 'the change was not made any more');
  assert.equal(history.settledAt, undefined);
});
