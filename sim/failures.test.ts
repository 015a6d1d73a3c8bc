import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAST_FAILURES } from './failures.ts';
import { formatFailure } from './report.ts';
import { run } from './run.ts';
import { SCENARIOS } from './scenarios/all.ts';
import { swarmPlan } from './swarm.ts';

for (const { seed, plan, broke } of PAST_FAILURES) {
  test(`seed ${seed} of ${plan} holds what it once broke: ${broke}`, async () => {
    const known = plan === 'swarm' ? swarmPlan(seed) : SCENARIOS.get(plan)?.plan;
    assert.ok(known, `${plan} is the swarm or a scenario`);
    const result = await run(seed, known);
    assert.equal(result.findings.length, 0, `\n${formatFailure(result, { arguments: `--seed ${seed}` })}`);
  });
}
