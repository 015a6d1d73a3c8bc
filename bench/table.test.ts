import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meetsGoal, table } from './table.ts';

test('a row shows its figure, its goal, its reference and the ratio of the two', () => {
  const text = table([
    { what: 'creates', value: 6000, unit: '1/s', goal: { atLeast: 5000 }, reference: { value: 3000, of: 'peer' } },
  ]);
  assert.deepEqual(text.split('\n'), [
    'NAME      FIGURE      GOAL             REFERENCE          RATIO',
    'creates   6,000 1/s   ≥ 5,000 1/s ok   3,000 1/s (peer)   2.00 ×',
  ]);
});

test('a figure that misses its goal is marked', () => {
  const row = { what: 'release', value: 61.25, unit: 'ms', goal: { atMost: 50 } };
  assert.equal(meetsGoal(row), false);
  assert.match(table([row]), /61\.3 ms {3}≤ 50 ms MISSED/);
});

test('a row without goal and reference shows dashes', () => {
  assert.match(table([{ what: 'pods', value: 3, unit: '' }]), /pods {3}3 {8}- {6}- {11}-$/);
});
