import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

function sim(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const program = join(import.meta.dirname, 'main.ts');
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

test('what is unknown or cannot be is refused with one line', () => {
  for (const [args, says] of [
    [['--scenario', 'nope'], /^Cannot simulate scenario nope: unknown, need one of race-0\.1s, [^\n]+\n$/],
    [['--faults', 'rain'], /^Cannot simulate fault rain: unknown, need one of watchLag, [^\n]+\n$/],
    [['--nodes', '0'], /^Cannot simulate 0 nodes: need 1 to 250\n$/],
    [['--seed', 'x'], /^Cannot read --seed x: need a whole number from 0 on\n$/],
  ] as const) {
    const { status, stderr, stdout } = sim(...args);
    assert.match(stderr, says);
    assert.deepEqual([status, stdout], [1, '']);
  }
});

test('a run that holds says what it was, and one that does not says how to see it again', () => {
  const good = sim('--scenario', 'race-0.1s');
  assert.match(
    good.stdout,
    /^1 seeds, 0 failed: \d+ simulated seconds in [\d.]+ s \(\d+ to 1\), \d+ requests, \d+ pods stopped\n$/,
  );
  assert.equal(good.status, 0);
  const bad = sim('--scenario', 'race-1s', '--without', 'noPublisherWatermark', '--seed', '3');
  assert.match(bad.stdout, /^seed 3 broke \w+ at [\d.]+ s: /);
  assert.match(bad.stdout, /control plane +\| node\n/);
  assert.match(bad.stdout, /\nreplay: npm run sim -- --seed 3 --scenario race-1s --without noPublisherWatermark\n/);
  assert.equal(bad.status, 1);
});
