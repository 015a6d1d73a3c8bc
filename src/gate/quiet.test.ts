import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Arrivals, QuietDetector } from './quiet.ts';

const idle: Arrivals = { passiveOpens: 5, acceptQueue: 0, halfOpen: 0, established: 2 };

function looksUntilQuiet(looks: readonly Arrivals[], drained = false): number | undefined {
  const detector = new QuietDetector({ drained });
  const index = looks.findIndex((look) => detector.look(look));
  return index < 0 ? undefined : index + 1;
}

test('three equal and empty looks in a row are quiet', () => {
  assert.equal(looksUntilQuiet([idle, idle, idle]), 3);
  assert.equal(looksUntilQuiet([idle, idle]), undefined);
});

test('a connection accepted between two looks starts the count again', () => {
  const later = { ...idle, passiveOpens: 6 };
  assert.equal(looksUntilQuiet([idle, idle, later, later, later]), 5);
});

test('a waiting connection and a half-open one are not quiet', () => {
  assert.equal(looksUntilQuiet([{ ...idle, acceptQueue: 1 }, idle, idle, idle]), 4);
  assert.equal(looksUntilQuiet([idle, idle, { ...idle, halfOpen: 1 }, idle, idle]), undefined);
});

test('established connections matter only when the pod asks to be drained', () => {
  const drained = { ...idle, established: 0 };
  assert.equal(looksUntilQuiet([idle, idle, idle], true), undefined);
  assert.equal(looksUntilQuiet([idle, drained, drained, drained], true), 4);
});
