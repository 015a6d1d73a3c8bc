import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../base/fakeclock.ts';
import { OpenLoop, type SentRequest } from './openloop.ts';
import type { Outcome } from './outcome.ts';
import type { InFlight, Sender } from './sender.ts';

const ANSWERED: Outcome = { result: 'answered', status: 200, endpoint: undefined };
const TIMED_OUT: Outcome = {
  result: 'lost',
  kind: 'timedOut',
  phase: 'sent',
  errno: undefined,
  status: undefined,
  endpoint: undefined,
  localPort: undefined,
  reused: false,
};

/** Answers each request after `answerMs`, or never. */
class TimedSender implements Sender {
  readonly #clock: FakeClock;
  readonly #answerMs: number | undefined;
  constructor(clock: FakeClock, answerMs: number | undefined) {
    this.#clock = clock;
    this.#answerMs = answerMs;
  }
  send(settle: (outcome: Outcome) => void): InFlight {
    const timer = this.#answerMs === undefined ? undefined : this.#clock.timer(this.#answerMs, () => settle(ANSWERED));
    return {
      timeOut: () => {
        timer?.cancel();
        settle(TIMED_OUT);
      },
    };
  }
  close(): void {}
}

function* every(gapMs: number): Generator<number, never> {
  for (let at = 0; ; at += gapMs) yield at;
}

function start(options: { answerMs: number | undefined; gapMs: number; durationMs: number; timeoutMs: number }) {
  const clock = new FakeClock(0);
  const sent: SentRequest[] = [];
  const settled: { number: number; result: string; afterMs: number }[] = [];
  const loop = new OpenLoop({
    clock,
    sender: new TimedSender(clock, options.answerMs),
    due: every(options.gapMs),
    durationMs: options.durationMs,
    timeoutMs: options.timeoutMs,
    onSent: (request) => sent.push(request),
    onSettled: ({ number, dueAt }, { result }) => settled.push({ number, result, afterMs: clock.monotonic() - dueAt }),
  });
  const state = { done: false };
  const finished = loop.run().then(() => {
    state.done = true;
  });
  return { clock, loop, sent, settled, state, finished };
}

test('requests are sent when they are due though no answer has come', async () => {
  const { clock, sent, loop } = start({ answerMs: undefined, gapMs: 10, durationMs: 1000, timeoutMs: 5000 });
  await clock.advance(95);
  assert.deepEqual(
    sent.map((request) => request.sentAt),
    [0, 10, 20, 30, 40, 50, 60, 70, 80, 90],
  );
  assert.equal(loop.inFlight, 10);
});

test('nothing due at the end of the time or later is sent, and the run ends with the last answer', async () => {
  const { clock, sent, settled, state, finished } = start({ answerMs: 35, gapMs: 10, durationMs: 100, timeoutMs: 500 });
  await clock.advance(124);
  assert.equal(sent.length, 10);
  assert.equal(state.done, false, 'the last request is still in flight');
  await clock.advance(1);
  await finished;
  assert.equal(settled.length, 10);
});

/** A clock whose process can be stopped for a while: time goes on and nothing runs. */
class PausableClock extends FakeClock {
  #skippedMs = 0;
  pause(ms: number): void {
    this.#skippedMs += ms;
  }
  override monotonic(): number {
    return super.monotonic() + this.#skippedMs;
  }
}

test('after a pause of the generator all that fell due is sent at once, each as late as it was', async () => {
  const clock = new PausableClock(0);
  const times: number[] = [];
  const lates: number[] = [];
  const sender: Sender = {
    send: (settle) => {
      if (lates.length === 1) clock.pause(100);
      clock.timer(1, () => settle(ANSWERED));
      return { timeOut: () => {} };
    },
    close: () => {},
  };
  const loop = new OpenLoop({
    clock,
    sender,
    due: every(20),
    durationMs: 160,
    timeoutMs: 1000,
    onSent: (request) => lates.push(request.sentAt - request.dueAt),
    onSettled: (request) => times.push(clock.monotonic() - request.dueAt),
  });
  const finished = loop.run();
  await clock.advance(200);
  await finished;
  assert.deepEqual(lates, [0, 80, 60, 40, 20, 0, 0, 0]);
  assert.deepEqual(times, [101, 81, 61, 41, 21, 1, 1, 1], 'latency counts from when each was due');
});

test('a request is given up when its time, counted from when it was due, is over', async () => {
  const { clock, settled, finished } = start({ answerMs: undefined, gapMs: 100, durationMs: 250, timeoutMs: 300 });
  await clock.advance(600);
  await finished;
  assert.deepEqual(settled, [
    { number: 1, result: 'lost', afterMs: 300 },
    { number: 2, result: 'lost', afterMs: 300 },
    { number: 3, result: 'lost', afterMs: 300 },
  ]);
});

test('a stop sends nothing more and waits for what is in flight', async () => {
  const { clock, loop, sent, state, finished } = start({ answerMs: 50, gapMs: 10, durationMs: 10_000, timeoutMs: 500 });
  await clock.advance(25);
  loop.stop();
  await clock.advance(40);
  assert.equal(sent.length, 3);
  assert.equal(state.done, false);
  await clock.advance(10);
  await finished;
  assert.equal(clock.pending, 0, 'no timer is left');
});
