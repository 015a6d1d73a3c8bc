import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain, groupLosses } from './explain.ts';
import { HistoryFixture } from './history.fixture.ts';

/** `a` is deleted at 1000, released at 1010, stopped at 1020 and gone at 1100; `b` stays. */
function oneLeaves(): HistoryFixture {
  return new HistoryFixture()
    .pod(0, 'a', { ready: true })
    .pod(0, 'b', { ready: true })
    .pod(1000, 'a', { ready: true, deleting: true })
    .release(1020, 'a', { deleted: 1000, released: 1010, stopped: 1020, outcome: 'Released' })
    .podGone(1100, 'a');
}

test('a loss whose answer named a pod is put down to that pod, wherever it was in its life', () => {
  const history = oneLeaves().loss(1050, 'cutShort', { endpoint: 'b', phase: 'answering' }).history();
  const [only] = explain(history);
  assert.deepEqual([only?.by, only?.pods, only?.podPhase], ['answer', ['b'], 'Serving']);
});

test('a loss while one pod was on its way out is put down to it, with the phase and the time since its stop', () => {
  const history = oneLeaves().loss(1005, 'reset').loss(1050, 'refused').loss(1200, 'unreachable').history();
  assert.deepEqual(
    explain(history).map(({ by, pods, podPhase, afterStopMs }) => [by, pods.join(), podPhase, afterStopMs]),
    [
      ['time', 'a', 'AwaitingRelease', -15],
      ['time', 'a', 'Stopping', 30],
      ['time', 'a', 'Gone', 180],
    ],
  );
});

test('a loss while several pods were on their way out names all of them, the latest first', () => {
  const history = oneLeaves()
    .pod(1040, 'b', { ready: true, deleting: true })
    .release(1060, 'b', { deleted: 1040, stopped: 1060 })
    .loss(1080, 'refused')
    .history();
  const [only] = explain(history);
  assert.deepEqual([only?.by, only?.pods, only?.afterStopMs], ['oneOf', ['b', 'a'], 20]);
});

test('a loss before any pod left, or long after, is put down to none', () => {
  const history = oneLeaves().loss(500, 'refused').loss(9000, 'timedOut').history();
  assert.deepEqual(
    explain(history).map(({ by, podPhase }) => [by, podPhase]),
    [
      ['none', 'Unknown'],
      ['none', 'Unknown'],
    ],
  );
});

test('losses with the same explanation are one group with its span, the largest first', () => {
  const history = oneLeaves().loss(1005, 'reset').loss(1030, 'refused').loss(1050, 'refused').history();
  assert.deepEqual(groupLosses(explain(history)), [
    {
      kind: 'refused',
      phase: 'connecting',
      by: 'time',
      pods: ['a'],
      podPhase: 'Stopping',
      count: 2,
      firstAt: 1030,
      lastAt: 1050,
      afterStopMs: { min: 10, max: 30 },
    },
    {
      kind: 'reset',
      phase: 'sent',
      by: 'time',
      pods: ['a'],
      podPhase: 'AwaitingRelease',
      count: 1,
      firstAt: 1005,
      lastAt: 1005,
      afterStopMs: { min: -15, max: -15 },
    },
  ]);
});

test('a pod that nobody waits for counts as told to stop when it is deleted', () => {
  const fixture = new HistoryFixture().pod(0, 'a', { ready: true }).pod(1000, 'a', { ready: true, deleting: true });
  const phases = (history: HistoryFixture) =>
    explain(history.loss(1030, 'refused').history()).map(({ podPhase, afterStopMs }) => [podPhase, afterStopMs]);
  assert.deepEqual(phases(fixture), [['Stopping', 30]]);
  const none = new HistoryFixture().pod(0, 'a', { ready: true }).pod(1000, 'a', { ready: true, deleting: true });
  assert.deepEqual(phases(none.release(1001, 'a', { deleted: 1000, level: 'None' })), [['Stopping', 30]]);
});
