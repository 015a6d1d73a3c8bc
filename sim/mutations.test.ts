import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MUTATIONS, type Mutation } from './mutations.ts';
import { type RunResult, run } from './run.ts';
import { swarmPlan } from './swarm.ts';

const SEEDS_MAX = 1_000;
/** Where to look first: seeds that have found it before. A change of the swarm only makes the search longer. */
const FOUND_BY: Readonly<Record<string, readonly number[]>> = {
  noQuietCheck: [43],
  noPublisherWatermark: [3],
  noConsumerLease: [215],
  acknowledgeFirst: [1],
  ignoreUnfinished: [7],
};
/** What each is expected to break. */
const BREAKS: Readonly<Record<string, readonly string[]>> = {
  noQuietCheck: ['NoRequestLost'],
  noPublisherWatermark: ['ReleasedBeforeStop', 'NoRequestLost'],
  noConsumerLease: ['OnlyTheLiveWaitedFor'],
  acknowledgeFirst: ['ReleasedBeforeStop', 'NoRequestLost'],
  ignoreUnfinished: ['ReleasedBeforeStop', 'NoRequestLost'],
};

for (const mutation of MUTATIONS) {
  test(`without ${mutation.without} a promise is broken, and the simulation finds it`, async () => {
    const found = await search(mutation);
    assert.ok(found, `no seed up to ${SEEDS_MAX} found it`);
    const unmutated = await run(found.seed, swarmPlan(found.seed));
    assert.deepEqual(unmutated.findings, [], `seed ${found.seed} holds every promise when nothing is left out`);
  });
}

async function search(mutation: Mutation): Promise<RunResult | undefined> {
  const expected = BREAKS[mutation.name] ?? [];
  const all = Array.from({ length: SEEDS_MAX }, (_, index) => index + 1);
  for (const seed of [...(FOUND_BY[mutation.name] ?? []), ...all]) {
    const result = await run(seed, swarmPlan(seed), mutation);
    if (result.findings.some(({ guarantee }) => expected.includes(guarantee))) return result;
  }
  return undefined;
}
