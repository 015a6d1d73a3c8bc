import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../store.ts';
import { History } from './history.ts';

test('history forgets from its start and goes on by revision, however often', () => {
  const history = new History(100);
  for (let revision = 101; revision <= 5_000; revision++) {
    history.append(change(revision));
    if (revision % 7 === 0) {
      const before = history.compactedRevision;
      const dropped = history.dropThrough(revision - 50).map((each) => each.revision);
      assert.deepEqual(dropped, range(before + 1, Math.max(before, revision - 50)));
    }
  }
  assert.equal(history.revision, 5_000);
  const seen: number[] = [];
  history.forEachAfter(4_990, ({ revision }) => seen.push(revision));
  assert.deepEqual(seen, range(4_991, 5_000));
});

test('a revision that leaves a gap is a programmer error', () => {
  const history = new History(0);
  assert.throws(() => history.append(change(2)), /no gaps/);
});

function change(revision: number): Change {
  const entry = { key: '/a', value: '', createRevision: revision, modRevision: revision };
  return { type: 'put', revision, key: '/a', entry, previous: undefined };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n);
}
