import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lost, Outcome } from './outcome.ts';
import { Tally } from './tally.ts';

const LOST: Lost = {
  result: 'lost',
  kind: 'serverError',
  phase: 'answered',
  errno: undefined,
  status: 503,
  endpoint: 'a',
  localPort: 1,
  reused: false,
};

function answered(status = 200, endpoint?: string): Outcome {
  return { result: 'answered', status, endpoint };
}

function settle(
  tally: Tally,
  outcome: Outcome,
  times: { dueAt?: number; sentAt?: number; settledAt?: number } = {},
): void {
  const { dueAt = 0, sentAt = dueAt, settledAt = sentAt + 1 } = times;
  tally.sent(sentAt - dueAt);
  tally.settled({ dueAt, sentAt, settledAt, outcome });
}

test('what was answered and what was lost add up to what was sent', () => {
  const tally = new Tally(0);
  settle(tally, answered());
  settle(tally, answered(404));
  settle(tally, LOST);
  const { sent, answered: count, lost, lostBy, statuses } = tally.summary();
  assert.deepEqual([sent, count, lost, lostBy.serverError], [3, 2, 1, 1]);
  assert.deepEqual(statuses, { '200': 1, '404': 1, '503': 1 });
});

test('latency counts from when a request was due, over answers alone', () => {
  const tally = new Tally(0);
  for (let i = 0; i < 99; i++) settle(tally, answered(), { settledAt: 2 });
  settle(tally, answered(), { dueAt: 0, sentAt: 40, settledAt: 50 });
  settle(tally, LOST, { settledAt: 9000 });
  const { latencyMs } = tally.summary();
  assert.ok(Math.abs(latencyMs.p50 - 2) < 0.01, `p50 ${latencyMs.p50}`);
  assert.ok(Math.abs(latencyMs.max - 50) < 0.1, `max ${latencyMs.max}`);
});

test('a generator that was late at the 99th percentile makes the run invalid, a single late request does not', () => {
  const tally = new Tally(0);
  for (let i = 0; i < 1000; i++) settle(tally, answered());
  settle(tally, answered(), { sentAt: 500 });
  assert.equal(tally.summary().valid, true);
  for (let i = 0; i < 20; i++) settle(tally, answered(), { sentAt: 500 });
  const { valid, invalidBecause } = tally.summary();
  assert.equal(valid, false);
  assert.match(invalidBecause ?? '', /sent 500 ms or more after they were due, need 100/);
});

test('a request that could not be sent is no loss and makes the run invalid', () => {
  const tally = new Tally(0);
  settle(tally, { result: 'unsent', errno: 'EMFILE' });
  const { sent, lost, unsent, valid } = tally.summary();
  assert.deepEqual([sent, lost, unsent, valid], [0, 0, 1, false]);
});

test('each endpoint has its count and the times of its first and last answer since the epoch', () => {
  const tally = new Tally(1000);
  settle(tally, answered(200, 'a'), { settledAt: 5 });
  settle(tally, answered(200, 'b'), { settledAt: 6 });
  settle(tally, answered(200, 'a'), { settledAt: 9 });
  assert.deepEqual(tally.summary().endpoints, {
    a: { answered: 2, firstAt: 1005, lastAt: 1009 },
    b: { answered: 1, firstAt: 1006, lastAt: 1006 },
  });
});

test('a second has what came since the one before', () => {
  const tally = new Tally(0);
  settle(tally, answered(), { sentAt: 3, settledAt: 8 });
  settle(tally, LOST);
  const first = tally.takeSecond();
  assert.deepEqual([first.sent, first.answered, first.lost, first.lateMsMax], [2, 1, 1, 3]);
  assert.ok(Math.abs((first.latencyMs?.max ?? 0) - 8) < 0.02);
  assert.deepEqual(tally.takeSecond(), { sent: 0, answered: 0, lost: 0, lateMsMax: 0 });
});
