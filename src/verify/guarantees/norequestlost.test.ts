import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HistoryFixture } from '../history.fixture.ts';
import { noRequestLost } from './norequestlost.ts';

test('it holds when nothing was lost', () => {
  const history = new HistoryFixture().pod(0, 'web-a', { ready: true }).history();
  assert.deepEqual(noRequestLost.violations(history), []);
});

test('a request lost while a pod was ready breaks it, and the violation says when and how', () => {
  const history = new HistoryFixture()
    .pod(0, 'web-a', { ready: true })
    .loss(1500, 'refused', { errno: 'ECONNREFUSED' })
    .history();
  assert.deepEqual(noRequestLost.violations(history), [
    { at: 1500, what: 'request 1 was lost (refused, ECONNREFUSED) while 1 pods were ready' },
  ]);
});

test('a request lost while no pod was ready does not break it', () => {
  const history = new HistoryFixture()
    .pod(0, 'web-a', { ready: true })
    .pod(1000, 'web-a', { ready: true, deleting: true })
    .pod(2000, 'web-b', { ready: true })
    .loss(1500, 'refused')
    .history();
  assert.deepEqual(noRequestLost.violations(history), []);
});

test('pods that the Service does not select do not count as ready', () => {
  const history = new HistoryFixture()
    .pod(0, 'db', { ready: true, labels: { app: 'db' } })
    .loss(1500, 'refused')
    .history();
  assert.deepEqual(noRequestLost.violations(history), []);
});
