import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../src/api/types/core.ts';
import { HistoryFixture } from '../../src/verify/history.fixture.ts';
import type { Sighting } from '../../src/verify/history.ts';
import { EPOCH_MS } from '../clock.ts';
import type { SimLoss } from '../traffic.ts';
import { type LossFacts, noRequestLost } from './norequestlost.ts';

const IP = '10.244.1.7';
const loss: SimLoss = {
  request: 1,
  service: 'default/web',
  sentAt: 1_500,
  settledAt: 1_501,
  kind: 'reset',
  phase: 'sent',
  via: 'node-1',
  endpointIP: IP,
  podUID: 'uid-Pod-web-a',
  known: [IP],
};

/** A pod that is being deleted from 1000 on, and another that is ready all the time. */
function sightings(change = (fixture: HistoryFixture) => fixture): Sighting[] {
  const fixture = new HistoryFixture()
    .pod(0, 'web-a', { ready: true })
    .pod(0, 'web-b', { ready: true })
    .pod(1000, 'web-a', { ready: true, deleting: true });
  return change(fixture)
    .history()
    .sightings.map((sighting) => ({ ...sighting, at: sighting.at + EPOCH_MS, object: addressed(sighting.object) }));
}

/** The fixture gives all pods one address: here each has its own. */
function addressed(object: Sighting['object']): Sighting['object'] {
  if (object.kind !== 'Pod' || object.metadata.name === 'web-a') return object;
  return { ...object, status: { ...(object as Pod).status, podIP: '10.244.2.9' } } as Pod;
}

function broken(facts: Partial<LossFacts> = {}): string[] {
  const none = { crashedAddresses: new Map(), outages: [], silences: [] };
  const known = { ...loss, known: [IP, '10.244.2.9'] };
  return noRequestLost({ losses: [known], sightings: sightings(), ...none, ...facts }).map(({ what }) => what);
}

test('a loss while a pod was ready breaks it, and the finding says by which way', () => {
  assert.deepEqual(broken(), ['request 1 was lost (reset) while 1 pods were ready, through node-1 to 10.244.1.7']);
});

test('each excuse of the design is one: a crash, no power, a router cut off, the cap', () => {
  assert.deepEqual(broken({ crashedAddresses: new Map([[IP, 1_200]]) }), []);
  assert.deepEqual(broken({ outages: [{ node: 'node-1', from: 1_400, to: 1_600 }] }), []);
  assert.deepEqual(broken({ silences: [{ consumer: 'node-1.proxy', from: 100, to: 1_400 }] }), []);
  assert.deepEqual(broken({ sightings: sightings((one) => one.warning(1_400, 'web-a', 'ReleaseTimedOut')) }), []);
});

test('no excuse covers what happened elsewhere or later', () => {
  assert.equal(broken({ crashedAddresses: new Map([[IP, 1_600]]) }).length, 1);
  assert.equal(broken({ outages: [{ node: 'node-2', from: 1_400, to: 1_600 }] }).length, 1);
  assert.equal(broken({ silences: [{ consumer: 'node-2.proxy', from: 100, to: 1_400 }] }).length, 1);
  assert.equal(broken({ sightings: sightings((one) => one.warning(1_400, 'web-b', 'ReleaseTimedOut')) }).length, 1);
});

test('a SYN that was sent again when no pod was ready any more is excused, and one that was not is not', () => {
  const down = (one: HistoryFixture) => one.pod(2_400, 'web-b', { ready: true, deleting: true });
  const late = { ...loss, known: [IP, '10.244.2.9'], phase: 'connecting' as const, settledAt: 2_600 };
  assert.deepEqual(broken({ losses: [late], sightings: sightings(down) }), []);
  assert.equal(broken({ losses: [late] }).length, 1);
  assert.equal(broken({ losses: [{ ...late, phase: 'sent' }], sightings: sightings(down) }).length, 1);
});

test('a router that knows none but pods that go is no excuse while another was ready all the time', () => {
  assert.equal(broken({ losses: [loss] }).length, 1);
});
