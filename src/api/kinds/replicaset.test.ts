import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaSet, ReplicaSetSpec } from '../types/apps.ts';
import { cells, created, metadata, podOf, problems, stepProblems } from './fixtures.ts';
import { replicaSetKind } from './replicaset.ts';

function replicaSet(spec: Partial<ReplicaSetSpec> = {}): ReplicaSet {
  const template = { metadata: { labels: { app: 'web' } }, spec: podOf().spec };
  const base = { selector: { matchLabels: { app: 'web' } }, template };
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: metadata(), spec: { ...base, ...spec } };
}

test('a replica set gets one replica, a defaulted template and an empty status', () => {
  const object = created(replicaSetKind, replicaSet());
  assert.equal(object.spec.replicas, 1);
  assert.equal(object.spec.template.spec.restartPolicy, 'Always');
  assert.equal(object.spec.template.spec.enableServiceLinks, undefined);
  assert.deepEqual(object.status, { replicas: 0 });
  assert.deepEqual(replicaSetKind.selectableFields?.(object), { 'status.replicas': '0' });
});

test('the selector says something, matches the template, and stays', () => {
  assert.deepEqual(problems(replicaSetKind, replicaSet({ selector: {} })), [
    'spec.selector: Invalid value: {}: empty selector is invalid for replicaset',
  ]);
  const other = { selector: { matchLabels: { app: 'api' } } };
  assert.deepEqual(problems(replicaSetKind, replicaSet(other)), [
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ]);
  assert.deepEqual(stepProblems(replicaSetKind, replicaSet(other), replicaSet()), [
    'spec.selector: Invalid value: {"matchLabels":{"app":"api"}}: field is immutable',
  ]);
});

test('a deadline has no place in the template', () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: { ...podOf().spec, activeDeadlineSeconds: 5 } };
  assert.deepEqual(problems(replicaSetKind, replicaSet({ template })), [
    'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
  ]);
});

test('a row shows what kubectl shows', () => {
  const object = created(replicaSetKind, replicaSet({ replicas: 3 }));
  object.status = { replicas: 2, readyReplicas: 1 };
  assert.deepEqual(cells(replicaSetKind, object), {
    Name: 'web',
    Desired: 3,
    Current: 2,
    Ready: 1,
    Age: '5m12s',
    Containers: 'app',
    Images: 'nginx:1.29',
    Selector: 'app=web',
  });
});
