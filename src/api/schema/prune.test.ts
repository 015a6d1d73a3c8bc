import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prune } from './prune.ts';
import { schemaOf } from './schema.ts';

const pod = schemaOf('v1', 'Pod')!;

test('removes unknown fields at any depth and leaves the given object alone', () => {
  const given = {
    metadata: { name: 'a', odd: 1, labels: { any: 'label' } },
    spec: { containers: [{ name: 'a', odd: 1 }, { name: 'b' }], volumes: [{ name: 'v', emptyDir: { odd: 1 } }] },
    odd: {},
  };
  const before = structuredClone(given);
  assert.deepEqual(prune(pod, given), {
    metadata: { name: 'a', labels: { any: 'label' } },
    spec: { containers: [{ name: 'a' }, { name: 'b' }], volumes: [{ name: 'v', emptyDir: {} }] },
  });
  assert.deepEqual(given, before);
});

test('returns the very same object when there is nothing to remove', () => {
  const given = { metadata: { name: 'a' }, spec: { containers: [{ name: 'a', command: ['sh'] }] } };
  assert.equal(prune(pod, given), given);
});

test('removes fields that are null and reads a null label as empty', () => {
  const given = { metadata: { creationTimestamp: null, labels: { a: null } }, spec: { containers: null } };
  assert.deepEqual(prune(pod, given), { metadata: { labels: { a: '' } }, spec: {} });
});

test('keeps whatever stands in a field of any form', () => {
  const binding = schemaOf('apps/v1', 'ControllerRevision')!;
  const given = { data: { spec: { anything: [null, { deep: true }] } }, revision: 1 };
  assert.equal(prune(binding, given), given);
});
