import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import { arrivals } from './arrivals.ts';

function first(count: number, options: Parameters<typeof arrivals>[0]): number[] {
  const due = arrivals(options);
  return Array.from({ length: count }, () => due.next().value);
}

test('even arrivals are one gap apart and begin at once', () => {
  const due = first(4, { rate: 250, spacing: 'even', random: seededRandom(1) });
  assert.deepEqual(due, [0, 4, 8, 12]);
});

test('Poisson arrivals keep the rate and are irregular', () => {
  const due = first(20_000, { rate: 1000, spacing: 'poisson', random: seededRandom(7) });
  const gaps = due.slice(1).map((at, index) => at - (due[index] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  assert.ok(Math.abs(mean - 1) < 0.03, `mean gap ${mean} ms, need 1`);
  assert.ok(Math.abs(deviation - 1) < 0.05, `deviation ${deviation} ms, need 1 as for an exponential`);
  assert.ok(gaps.every((gap) => gap >= 0));
});

test('the same seed gives the same arrivals', () => {
  const once = first(50, { rate: 10, spacing: 'poisson', random: seededRandom(3) });
  assert.deepEqual(first(50, { rate: 10, spacing: 'poisson', random: seededRandom(3) }), once);
  assert.notDeepEqual(first(50, { rate: 10, spacing: 'poisson', random: seededRandom(4) }), once);
});
