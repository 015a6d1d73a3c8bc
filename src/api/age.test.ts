import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageOf, humanDuration } from './age.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test('durations are shown as kubectl shows them', () => {
  const shown: [number, string][] = [
    [-3 * SECOND, '<invalid>'],
    [-1 * SECOND, '0s'],
    [0, '0s'],
    [119 * SECOND, '119s'],
    [2 * MINUTE, '2m'],
    [5 * MINUTE + 12 * SECOND, '5m12s'],
    [10 * MINUTE + 12 * SECOND, '10m'],
    [179 * MINUTE, '179m'],
    [3 * HOUR, '3h'],
    [7 * HOUR + 5 * MINUTE, '7h5m'],
    [47 * HOUR, '47h'],
    [2 * DAY + 4 * HOUR, '2d4h'],
    [7 * DAY, '7d'],
    [8 * DAY + 4 * HOUR, '8d'],
    [400 * DAY, '400d'],
    [729 * DAY, '729d'],
    [765 * DAY, '2y35d'],
    [730 * DAY, '2y'],
    [8 * 365 * DAY + 40 * DAY, '8y'],
  ];
  for (const [ms, text] of shown) assert.equal(humanDuration(ms), text);
});

test('an age is counted from its timestamp, and unknown without one', () => {
  const now = Date.parse('2026-01-01T00:00:42Z');
  assert.equal(ageOf('2026-01-01T00:00:00Z', now), '42s');
  assert.equal(ageOf('2026-01-01T00:00:00.500000Z', now), '41s');
  assert.equal(ageOf(undefined, now), '<unknown>');
  assert.equal(ageOf(null, now), '<unknown>');
  assert.equal(ageOf('yesterday', now), '<unknown>');
});
