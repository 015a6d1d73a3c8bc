import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFailure } from '../report.ts';
import { run } from '../run.ts';
import { SCENARIOS } from './all.ts';

for (const { name, says, plan, also } of SCENARIOS.values()) {
  test(`scenario ${name} shows that ${says}`, async () => {
    for (const seed of [1, 2]) {
      const ran = await run(seed, plan);
      const result = { ...ran, findings: [...ran.findings, ...(also?.(ran.world) ?? [])] };
      const failure = formatFailure(result, { arguments: `--scenario ${name} --seed ${seed}` });
      assert.equal(result.findings.length, 0, `\n${failure}`);
    }
  });
}
