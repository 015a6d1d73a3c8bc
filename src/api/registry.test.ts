import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError } from '../base/assert.ts';
import type { Kind } from './kind.ts';
import { builtinKinds, KindRegistry } from './registry.ts';
import { apiVersionOf } from './resource.ts';

const widgetKind: Kind = {
  resource: { group: 'example.com', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true },
  singular: 'widget',
  verbs: ['get'],
  columns: [],
  row: () => [],
};

test('every built-in kind is found by its resource and by its kind', () => {
  const registry = builtinKinds();
  assert.equal(registry.all().length, 16);
  for (const kind of registry.all()) {
    assert.equal(registry.find(kind.resource), kind);
    assert.equal(registry.byKind(apiVersionOf(kind.resource), kind.resource.kind), kind);
  }
});

test('what is not registered is not found', () => {
  const registry = builtinKinds();
  assert.equal(registry.find({ group: '', version: 'v1', resource: 'widgets' }), undefined);
  assert.equal(registry.byKind('v1', 'Deployment'), undefined);
});

test('a kind comes and goes at run time', () => {
  const registry = builtinKinds();
  registry.register(widgetKind);
  assert.equal(registry.byKind('example.com/v1', 'Widget'), widgetKind);
  registry.unregister({ ...widgetKind });
  assert.equal(registry.find(widgetKind.resource), widgetKind);
  registry.unregister(widgetKind);
  assert.equal(registry.find(widgetKind.resource), undefined);
  assert.equal(registry.byKind('example.com/v1', 'Widget'), undefined);
  assert.equal(builtinKinds().all().length, 16);
});

test('a kind is registered once', () => {
  const registry = new KindRegistry();
  registry.register(widgetKind);
  assert.throws(() => registry.register(widgetKind), AssertionError);
});

test('no two kinds share a name', () => {
  const names = builtinKinds()
    .all()
    .flatMap(({ resource, singular, shortNames }) => [
      ...new Set([resource.resource, singular, ...(shortNames ?? [])]),
    ]);
  assert.equal(new Set(names).size, names.length);
});
