import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadArguments } from './arguments.ts';
import { parseLoadOptions } from './options.ts';

test('the generator reads back every option that was given', () => {
  const options = {
    rate: 1000,
    durationMs: 20_000,
    timeoutMs: 5000,
    spacing: 'poisson',
    seed: 7,
    connections: 'keep-alive',
    warmUpMs: 500,
    readyTimeoutMs: 60_000,
    method: 'POST',
    headers: ['a: b', 'c: d e'],
    endpointHeader: 'x-served-by',
    control: true,
  } as const;
  const target = 'http://10.96.1.2:8080/path';
  const { target: parsed, ...rest } = parseLoadOptions(loadArguments({ target, ...options }));
  assert.equal(parsed.href, target);
  assert.deepEqual(rest, { ...options, headers: [...options.headers] });
});

test('what is not given is left to the generator', () => {
  assert.deepEqual(loadArguments({ target: 'http://10.96.1.2/' }), ['--target', 'http://10.96.1.2/']);
});
