import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration, parseLoadOptions, UsageError } from './options.ts';

const TARGET = ['--target', 'http://10.96.1.2:80/path'];

test('arguments become a plan; what is not given has a default', () => {
  const options = parseLoadOptions([
    ...TARGET,
    '--rate',
    '1000',
    '--duration',
    '1m30s',
    '--header',
    'a: b',
    '--header',
    'c: d',
  ]);
  assert.equal(options.target.pathname, '/path');
  assert.deepEqual(
    [options.rate, options.durationMs, options.timeoutMs, options.connections, options.spacing, options.control],
    [1000, 90_000, 10_000, 'new', 'even', false],
  );
  assert.deepEqual(options.headers, ['a: b', 'c: d']);
});

test('times are read with their units', () => {
  assert.equal(parseDuration('--x', '500ms'), 500);
  assert.equal(parseDuration('--x', '1.5s'), 1500);
  assert.equal(parseDuration('--x', '2m'), 120_000);
});

const WRONG: Record<string, string[]> = {
  'no target': [],
  'a target that is not http': ['--target', 'https://10.0.0.1/'],
  'a target that is no URL': ['--target', '10.0.0.1:80'],
  'a rate of nothing': [...TARGET, '--rate', '0'],
  'a rate that is no number': [...TARGET, '--rate', 'fast'],
  'a time without unit': [...TARGET, '--duration', '20'],
  'an empty time': [...TARGET, '--duration', ''],
  'an unknown spacing': [...TARGET, '--spacing', 'random'],
  'an unknown way to connect': [...TARGET, '--connections', 'pool'],
  'a header that would split the request': [...TARGET, '--header', 'a: b\r\nc: d'],
  'an unknown flag': [...TARGET, '--retries', '3'],
};

for (const [what, args] of Object.entries(WRONG)) {
  test(`${what} is refused with what is needed`, () => {
    assert.throws(() => parseLoadOptions(args), UsageError);
  });
}
