import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HistoryFixture } from '../history.fixture.ts';
import { inOrderOfWrites, sightingsOf } from '../history.ts';
import { neverAboveSurge } from './neverabovesurge.ts';
import { neverBelowMinAvailable } from './neverbelowminavailable.ts';
import { rolloutBounds } from './rolloutbounds.ts';

function boundsOf(replicas: number, maxUnavailable?: number | string, maxSurge?: number | string): [number, number] {
  const strategy = {
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
    ...(maxSurge === undefined ? {} : { maxSurge }),
  };
  const history = new HistoryFixture().deployment(0, { replicas, ...strategy }).history();
  const deployment = inOrderOfWrites(sightingsOf(history, 'Deployment'))[0]?.object;
  assert.ok(deployment);
  const { minAvailable, maxReplicas } = rolloutBounds(deployment);
  return [minAvailable, maxReplicas];
}

test('shares are rounded in favour of availability, and both are never zero', () => {
  assert.deepEqual(boundsOf(4), [3, 5]);
  assert.deepEqual(boundsOf(2), [2, 3]);
  assert.deepEqual(boundsOf(10), [8, 13]);
  assert.deepEqual(boundsOf(4, 0, 1), [4, 5]);
  assert.deepEqual(boundsOf(4, '0%', 0), [3, 4]);
  assert.deepEqual(boundsOf(1, 3, 0), [0, 1]);
});

/** Four pods that are up, with 25 % of surge and unavailability. */
function fourUp(facts: { minReadySeconds?: number } = {}): HistoryFixture {
  const fixture = new HistoryFixture().deployment(0, { replicas: 4, ...facts }).replicaSet(0, 'web-1', 4);
  for (const name of ['a', 'b', 'c', 'd']) fixture.pod(10, name, { ready: true });
  return fixture;
}

test('a rollout within its bounds breaks nothing', () => {
  const history = fourUp()
    .replicaSet(1000, 'web-2', 1)
    .replicaSet(1001, 'web-1', 3)
    .pod(1002, 'e', { ready: false })
    .pod(1003, 'a', { ready: true, deleting: true })
    .pod(1500, 'e', { ready: true })
    .history();
  assert.deepEqual(neverBelowMinAvailable.violations(history), []);
  assert.deepEqual(neverAboveSurge.violations(history), []);
});

test('one pod too many taken away breaks NeverBelowMinAvailable, once, until it holds again', () => {
  const history = fourUp()
    .replicaSet(1000, 'web-2', 1)
    .pod(1003, 'a', { ready: true, deleting: true })
    .pod(1004, 'b', { ready: true, deleting: true })
    .podGone(1100, 'a')
    .pod(1500, 'e', { ready: true })
    .pod(1600, 'e', { ready: false })
    .history();
  assert.deepEqual(neverBelowMinAvailable.violations(history), [
    { at: 1004, what: 'Deployment default/web had 2 available pods, need at least 3' },
    { at: 1600, what: 'Deployment default/web had 2 available pods, need at least 3' },
  ]);
});

test('a Deployment that comes up, or was scaled up and is not there yet, breaks nothing', () => {
  const history = fourUp().deployment(2000, { replicas: 8 }).replicaSet(2001, 'web-1', 8).pod(2002, 'e').history();
  assert.deepEqual(neverBelowMinAvailable.violations(history), []);
  assert.deepEqual(neverAboveSurge.violations(history), []);
});

test('a pod is available only after minReadySeconds', () => {
  const fixture = fourUp({ minReadySeconds: 5 }).pod(6000, 'x', { labels: { app: 'other' } });
  const history = fixture
    .replicaSet(6900, 'web-2', 1)
    .pod(7000, 'e', { ready: true })
    .pod(7100, 'a', { ready: true, deleting: true })
    .pod(7200, 'b', { ready: true, deleting: true })
    .history();
  assert.deepEqual(
    neverBelowMinAvailable.violations(history).map(({ at }) => at),
    [7200],
  );
});

test('asking for more pods than surge allows breaks NeverAboveSurge', () => {
  const history = fourUp().replicaSet(1000, 'web-2', 2).replicaSet(1001, 'web-1', 2).history();
  assert.deepEqual(neverAboveSurge.violations(history), [
    { at: 1000, what: 'the ReplicaSets of Deployment default/web asked for 6 pods, need at most 5' },
  ]);
});

test('sightings of separate watches are replayed in the order of their writes', () => {
  const fixture = fourUp().deployment(2000, { replicas: 6 }).replicaSet(2001, 'web-1', 6);
  const history = fixture.history();
  const late = { ...history, sightings: [...history.sightings].reverse() };
  assert.deepEqual(neverAboveSurge.violations(late), []);
});

test('a pod that somebody deletes while nothing is rolled out breaks nothing', () => {
  const history = fourUp()
    .pod(1003, 'a', { ready: true, deleting: true })
    .pod(1004, 'b', { ready: true, deleting: true })
    .history();
  assert.deepEqual(neverBelowMinAvailable.violations(history), []);
});
