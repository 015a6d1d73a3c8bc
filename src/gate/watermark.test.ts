import assert from 'node:assert/strict';
import { test } from 'node:test';
import { below, seededRandom } from '../base/random.ts';
import { Watermark } from './watermark.ts';

test('with nothing unfinished the watermark is the revision observed', () => {
  const watermark = new Watermark();
  assert.equal(watermark.value, 0);
  watermark.observed(7);
  assert.equal(watermark.value, 7);
});

test('an unfinished change holds the watermark just below it', () => {
  const watermark = new Watermark();
  watermark.changed('a', 5);
  watermark.observed(9);
  assert.equal(watermark.value, 4);
  watermark.began('a');
  assert.equal(watermark.value, 4);
  watermark.finished('a');
  assert.equal(watermark.value, 9);
});

test('a change that arrives while its key is worked on is not covered by that work', () => {
  const watermark = new Watermark();
  watermark.changed('a', 5);
  watermark.began('a');
  watermark.changed('a', 8);
  watermark.observed(8);
  watermark.finished('a');
  assert.equal(watermark.value, 7);
});

test('work that failed keeps its place until it succeeds', () => {
  const watermark = new Watermark();
  watermark.changed('a', 5);
  watermark.began('a');
  watermark.changed('a', 8);
  watermark.failed('a');
  watermark.observed(10);
  assert.equal(watermark.value, 4);
  watermark.began('a');
  watermark.finished('a');
  assert.equal(watermark.value, 10);
});

test('growth is announced once for each new value', () => {
  const watermark = new Watermark();
  const seen: number[] = [];
  watermark.onGrowth((value) => seen.push(value));
  watermark.changed('a', 3);
  watermark.observed(3);
  watermark.observed(3);
  watermark.began('a');
  watermark.finished('a');
  assert.deepEqual(seen, [2, 3]);
});

test('for any interleaving of changes, work and retries it never goes back and covers only what was acted on', () => {
  for (let seed = 1; seed <= 300; seed++) check(seed);
});

/** Plays a random history; `actedOn` is the model: per key, the revision that the last successful work had seen. */
function check(seed: number): void {
  const random = seededRandom(seed);
  const watermark = new Watermark();
  const keys = ['a', 'b', 'c', 'd'];
  const changes: { key: string; revision: number }[] = [];
  const latest = new Map<string, number>();
  const actedOn = new Map<string, number>();
  const running = new Map<string, number>();
  let revision = 0;
  let before = 0;
  for (let step = 0; step < 200; step++) {
    const key = keys[below(random, keys.length)] as string;
    const dice = below(random, 4);
    if (dice === 0) {
      revision++;
      changes.push({ key, revision });
      latest.set(key, revision);
      watermark.changed(key, revision);
      watermark.observed(revision);
    } else if (dice === 1 && !running.has(key) && (latest.get(key) ?? 0) > (actedOn.get(key) ?? 0)) {
      running.set(key, latest.get(key) as number);
      watermark.began(key);
    } else if (dice === 2 && running.has(key)) {
      actedOn.set(key, running.get(key) as number);
      running.delete(key);
      watermark.finished(key);
    } else if (dice === 3 && running.has(key)) {
      running.delete(key);
      watermark.failed(key);
    }
    assert.ok(watermark.value >= before, `seed ${seed}: the watermark went back`);
    before = watermark.value;
    for (const change of changes) {
      const covered = change.revision <= watermark.value;
      assert.ok(
        !covered || (actedOn.get(change.key) ?? 0) >= change.revision,
        `seed ${seed}: ${change.key} not acted on`,
      );
    }
    const outstanding = changes.some((change) => (actedOn.get(change.key) ?? 0) < change.revision);
    if (!outstanding && running.size === 0) assert.equal(watermark.value, revision, `seed ${seed}: all done`);
  }
}
