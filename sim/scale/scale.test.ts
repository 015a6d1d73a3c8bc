import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatScale } from './format.ts';
import { parseSize } from './population.ts';
import { measureScale, type ScaleReport } from './scale.ts';

const SMALL = { nodes: 100, pods: 3_000, seed: 1, releases: 5, burst: 40 };

const quiet = () => {};

/** What the seed decides: all but what the machine took for it. */
function simulated({ measures }: ScaleReport) {
  return measures.map(({ cpuMs: _, ...measure }) => measure);
}

test('100 nodes and 3,000 pods: every router acknowledges, releases take less than a second and few messages', async () => {
  const report = await measureScale(SMALL, quiet);
  assert.deepEqual([report.consumers, report.slices], [100, 30]);
  assert.equal(report.measures.length, 2);
  const [singles, burst] = report.measures;
  assert.ok(singles && burst);
  assert.equal(singles.releases, 5);
  assert.ok(burst.releases >= 35, `${burst.releases} releases`);
  for (const { what, p50Ms, p99Ms } of report.measures) {
    assert.ok(p50Ms > 100 && p99Ms >= p50Ms, `${what}: faster than its routers`);
    assert.ok(p99Ms <= 1_000, `${what}: p99 ${p99Ms} ms`);
  }
  const { watchEvents, acknowledgements, reads } = singles.messages;
  // A slice is rewritten when its pod is deleted and when it is gone: two acknowledgements of each router for a release.
  // The rest are bookmarks and leases, once in a second at most.
  const spoken = 100 * (2 * singles.releases + 2 * Math.ceil(singles.simulatedMs / 1_000));
  assert.ok(acknowledgements.count >= 100 * singles.releases, `${acknowledgements.count} acknowledgements`);
  assert.ok(acknowledgements.count <= spoken, `${acknowledgements.count} acknowledgements, more than ${spoken}`);
  assert.ok(watchEvents.count >= 2 * 100 * singles.releases, `${watchEvents.count} watch events`);
  assert.equal(reads.count, 0);
  // Forty pods of one slice at once cost the routers less than forty releases one after the other.
  const perRelease = burst.messages.acknowledgements.count / burst.releases;
  assert.ok(perRelease < 100, `${perRelease} acknowledgements for each of many releases at once`);
});

test('the same seed gives the same times and messages, another seed others', async () => {
  const size = { ...SMALL, nodes: 10, pods: 300, releases: 2, burst: 10 };
  const first = simulated(await measureScale(size, quiet));
  assert.deepEqual(simulated(await measureScale(size, quiet)), first);
  assert.notDeepEqual(simulated(await measureScale({ ...size, seed: 2 }, quiet)), first);
});

test('the report says what each kind of release took', async () => {
  const text = formatScale(await measureScale({ ...SMALL, nodes: 3, pods: 200, releases: 1, burst: 5 }, quiet));
  assert.match(text, /^3 nodes, 200 pods, 3 endpoint consumers, 2 EndpointSlices\n/);
  assert.match(text, /\n1 releases, one pod after the other\n {2}simulated time {2}p50 \d+ ms, p99 \d+ ms\n/);
  assert.doesNotMatch(text, /NaN|undefined/);
});

const SIZES: Record<string, RegExp> = {
  large: /Cannot simulate a cluster of large: need NODESxPODS/,
  '0x10': /Cannot simulate 0 nodes: need 1 to 10000/,
  '10x5000': /Cannot place 5000 pods on 10 nodes: need 1 to 1100/,
};

for (const [text, message] of Object.entries(SIZES)) {
  test(`a cluster of ${text} is refused`, () => {
    assert.throws(() => parseSize(text), { name: 'PlanError', message });
  });
}
