import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, PodSpec } from '../../types/core.ts';
import { podOf, stepProblems } from '../fixtures.ts';
import { podKind } from '../pod.ts';

function step(spec: Partial<PodSpec>, options: { from?: Partial<PodSpec>; container?: Partial<Container> } = {}) {
  return stepProblems(podKind, podOf(spec, options.container), podOf(options.from));
}

test('images, deadlines that come nearer and new tolerations may change', () => {
  assert.deepEqual(step({}), []);
  assert.deepEqual(step({}, { container: { image: 'nginx:1.30' } }), []);
  assert.deepEqual(step({ activeDeadlineSeconds: 5 }), []);
  assert.deepEqual(step({ activeDeadlineSeconds: 5 }, { from: { activeDeadlineSeconds: 9 } }), []);
  const [a, b] = [
    { key: 'a', operator: 'Exists' as const },
    { key: 'b', operator: 'Exists' as const },
  ];
  assert.deepEqual(step({ tolerations: [a, b] }, { from: { tolerations: [a] } }), []);
});

test('a deadline stays, and comes no later', () => {
  assert.deepEqual(step({ activeDeadlineSeconds: 9 }, { from: { activeDeadlineSeconds: 5 } }), [
    'spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value',
  ]);
  assert.deepEqual(step({}, { from: { activeDeadlineSeconds: 5 } }), [
    'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value',
  ]);
});

test('tolerations are not taken away', () => {
  assert.deepEqual(step({}, { from: { tolerations: [{ key: 'a', operator: 'Exists' }] } }), [
    'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
  ]);
});

test('containers are neither added nor removed', () => {
  assert.deepEqual(step({ initContainers: [{ name: 'init', image: 'a:1' }] }), [
    'spec.initContainers: Forbidden: pod updates may not add or remove containers',
  ]);
});

test('everything else in the spec stays as it is', () => {
  for (const changed of [{ nodeName: 'b' }, { hostNetwork: true }, { terminationGracePeriodSeconds: 1 }]) {
    assert.match(
      step(changed).join(),
      /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`/,
    );
  }
  assert.match(step({}, { container: { command: ['true'] } }).join(), /^spec: Forbidden/);
});
