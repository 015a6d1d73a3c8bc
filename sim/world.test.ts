import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './run.ts';
import { swarmPlan } from './swarm.ts';

const SEEDS = [1, 16, 120];

test('one seed gives one trace, byte for byte', async () => {
  for (const seed of SEEDS) {
    const first = (await run(seed, swarmPlan(seed))).world.trace.text;
    const second = (await run(seed, swarmPlan(seed))).world.trace.text;
    assert.ok(first.length > 10_000);
    assert.equal(second, first, `seed ${seed}`);
  }
});

test('the same plan goes another way with another seed', async () => {
  const plan = swarmPlan(4);
  const one = (await run(4, plan)).world.trace.text;
  const other = (await run(5, plan)).world.trace.text;
  assert.notEqual(one, other);
});
