import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HistoryFixture } from '../../src/verify/history.fixture.ts';
import type { Sighting } from '../../src/verify/history.ts';
import { EPOCH_MS } from '../clock.ts';
import { onlyTheLiveWaitedFor } from './onlythelivewaitedfor.ts';
import { releasedBeforeStop } from './releasedbeforestop.ts';

const nameOf = (uid: string) => uid.replace('uid-Pod-', '');
const silences: never[] = [];
const stops = [{ at: 1_003, podUID: 'uid-Pod-web-a', routers: ['node-1.proxy'] }];

function deleted(): HistoryFixture {
  return new HistoryFixture().pod(0, 'web-a', { ready: true }).pod(1000, 'web-a', { ready: true, deleting: true });
}

test('ReleasedBeforeStop is broken by a stop while the rules of a live router lead to the pod', () => {
  const { sightings } = deleted().release(1001, 'web-a', { deleted: 1000, released: 1002 }).history();
  assert.deepEqual(releasedBeforeStop({ stops, sightings, silences, nameOf }), [
    {
      guarantee: 'ReleasedBeforeStop',
      at: 1_003,
      what: 'pod web-a was told to stop while the rules of node-1.proxy still led to it',
      about: ['web-a', 'node-1.proxy'],
    },
  ]);
});

test('ReleasedBeforeStop holds when no router led to it, at the cap, and at level None', () => {
  const { sightings } = deleted().history();
  const free = stops.map((stop) => ({ ...stop, routers: [] }));
  assert.deepEqual(releasedBeforeStop({ stops: free, sightings, silences, nameOf }), []);
  const capped = deleted().warning(1_003, 'web-a', 'ReleaseTimedOut').history();
  assert.deepEqual(releasedBeforeStop({ stops, sightings: capped.sightings, silences, nameOf }), []);
  const none = deleted().release(1001, 'web-a', { deleted: 1000, level: 'None' }).history();
  assert.deepEqual(releasedBeforeStop({ stops, sightings: none.sightings, silences, nameOf }), []);
});

test('ReleasedBeforeStop holds for a router that was cut off while the pod waited, and for no other', () => {
  const sightings = deleted()
    .history()
    .sightings.map((sighting) => ({ ...sighting, at: sighting.at + EPOCH_MS }));
  const [cutOff, other] = ['node-1.proxy', 'node-2.proxy'].map((consumer) => [{ consumer, from: 900, to: 1_001 }]);
  assert.deepEqual(releasedBeforeStop({ stops, sightings, silences: cutOff ?? [], nameOf }), []);
  assert.equal(releasedBeforeStop({ stops, sightings, silences: other ?? [], nameOf }).length, 1);
});

function capped(): Sighting[] {
  const history = deleted()
    .release(16_000, 'web-a', { deleted: 1000, stopped: 16_000, waitingFor: ['node-2.proxy'], outcome: 'TimedOut' })
    .history();
  return history.sightings.map((sighting) => ({ ...sighting, at: sighting.at + EPOCH_MS }));
}

test('OnlyTheLiveWaitedFor is broken by a wait for a consumer whose lease had long lapsed', () => {
  const found = onlyTheLiveWaitedFor({ sightings: capped(), silentSince: () => 500 });
  assert.deepEqual(
    found.map(({ what }) => what),
    ['pod web-a waited until its cap for node-2.proxy, whose lease had lapsed'],
  );
});

test('OnlyTheLiveWaitedFor holds for a consumer that was alive, or silent for less than its lease', () => {
  assert.deepEqual(onlyTheLiveWaitedFor({ sightings: capped(), silentSince: () => undefined }), []);
  assert.deepEqual(onlyTheLiveWaitedFor({ sightings: capped(), silentSince: () => 5_000 }), []);
});
