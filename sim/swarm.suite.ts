import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFailure } from './report.ts';
import { run } from './run.ts';
import { swarmPlan } from './swarm.ts';

/** Ten seeds a test: each draws a cluster, its faults and its users, and every promise holds. */
export function swarmSuite({ from, count }: { from: number; count: number }): void {
  for (let first = from; first < from + count; first += 10) {
    test(`every promise holds for the seeds ${first} to ${first + 9}`, async () => {
      for (let seed = first; seed < first + 10; seed++) {
        const result = await run(seed, swarmPlan(seed));
        assert.equal(result.findings.length, 0, `\n${formatFailure(result, { arguments: `--seed ${seed}` })}`);
      }
    });
  }
}
