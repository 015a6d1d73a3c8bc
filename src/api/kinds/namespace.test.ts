import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Namespace } from '../types/core.ts';
import { cells, created, metadata, problems } from './fixtures.ts';
import { namespaceKind } from './namespace.ts';

function namespace(name: string): Namespace {
  const { namespace: _, ...rest } = metadata({ name });
  return { apiVersion: 'v1', kind: 'Namespace', metadata: rest };
}

test('a namespace gets its name as a label, a finalizer and a phase', () => {
  const object = created(namespaceKind, namespace('shop'));
  assert.deepEqual(object.metadata.labels, { 'kubernetes.io/metadata.name': 'shop' });
  assert.deepEqual(object.spec, { finalizers: ['kubernetes'] });
  assert.deepEqual(object.status, { phase: 'Active' });
  assert.deepEqual(namespaceKind.selectableFields?.(object), { 'status.phase': 'Active' });
  assert.deepEqual(cells(namespaceKind, object), { Name: 'shop', Status: 'Active', Age: '5m12s' });
});

test('an update takes no finalizer off', () => {
  const old = created(namespaceKind, namespace('shop'));
  const next: Namespace = { ...namespace('shop'), spec: { finalizers: [] } };
  namespaceKind.prepareForUpdate?.(next, old);
  assert.deepEqual(next.spec, { finalizers: ['kubernetes'] });
});

test('names are labels, finalizers are qualified', () => {
  assert.deepEqual(problems(namespaceKind, namespace('a.b')), [
    'metadata.name: Invalid value: "a.b": must not contain dots',
  ]);
  const odd: Namespace = { ...namespace('shop'), spec: { finalizers: ['mine'] } };
  assert.deepEqual(problems(namespaceKind, odd), [
    'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  ]);
});
