import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitRandom } from '../random.ts';
import { parseLag } from './lag.ts';

function draws(text: string): number[] {
  const random = splitRandom(1, 'lag');
  const lag = parseLag(text);
  return Array.from({ length: 10_000 }, () => lag.draw(random));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('one time is always the same delay', () => {
  assert.deepEqual([...new Set(draws('100ms'))], [100]);
  assert.equal(parseLag('1.5s').longestMs, 1_500);
});

test('a range is drawn evenly between its ends', () => {
  const values = draws('50ms..2s');
  assert.ok(values.every((value) => value >= 50 && value < 2_000));
  assert.ok(Math.abs(mean(values) - 1_025) < 20, `mean ${mean(values)}`);
});

test('a normal delay has its mean and its deviation, is never negative, and seldom longer than the longest', () => {
  const values = draws('normal(1s, 300ms)');
  const middle = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  assert.ok(Math.abs(middle - 1_000) < 15, `mean ${middle}`);
  assert.ok(Math.abs(deviation - 300) < 15, `deviation ${deviation}`);
  assert.ok(values.filter((value) => value > parseLag('normal(1s,300ms)').longestMs).length <= 3);
  assert.ok(draws('normal(10ms,100ms)').every((value) => value >= 0));
});

for (const text of ['', 'soon', '-1s', '2s..1s', '1s..', 'normal(1s)', '1h']) {
  test(`"${text}" is no delay`, () => {
    assert.throws(() => parseLag(text), { name: 'UsageError', message: /^Cannot read --lag .*need/ });
  });
}
