import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap } from '../types/core.ts';
import { configMapKind } from './configmap.ts';
import { cells, metadata, problems, stepProblems } from './fixtures.ts';

function configMap(more: Partial<ConfigMap> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(), ...more };
}

test('keys are file names, and each is in one of the two maps', () => {
  const wrong = configMap({ data: { 'a/b': '', c: '' }, binaryData: { c: 'AA==', d: '?' } });
  assert.deepEqual(
    problems(configMapKind, wrong).map((line) => line.replace(/ \(e\.g\..*/, '')),
    [
      "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
      'data[c]: Invalid value: "c": duplicate of key present in binaryData',
      'binaryData[d]: Invalid value: "?": illegal base64 data',
    ],
  );
});

test('a map holds a mebibyte at most', () => {
  const bytes = 1024 * 1024;
  assert.deepEqual(problems(configMapKind, configMap({ data: { a: 'x'.repeat(bytes) } })), []);
  assert.deepEqual(problems(configMapKind, configMap({ data: { a: 'x'.repeat(bytes + 1) } })), [
    '[]: Too long: may not be more than 1048576 bytes',
  ]);
});

test('a sealed map stays as it is', () => {
  const sealed = () => configMap({ immutable: true, data: { a: '1' } });
  assert.deepEqual(stepProblems(configMapKind, sealed(), sealed()), []);
  assert.deepEqual(stepProblems(configMapKind, configMap({ data: { a: '2' }, binaryData: { b: 'AA==' } }), sealed()), [
    'immutable: Forbidden: field is immutable when `immutable` is set',
    'data: Forbidden: field is immutable when `immutable` is set',
    'binaryData: Forbidden: field is immutable when `immutable` is set',
  ]);
  assert.deepEqual(stepProblems(configMapKind, sealed(), configMap({ data: { a: '2' } })), []);
});

test('a row counts the keys of both maps', () => {
  const object = configMap({ data: { a: '1', b: '2' }, binaryData: { c: 'AA==' } });
  assert.deepEqual(cells(configMapKind, object), { Name: 'web', Data: 3, Age: '5m12s' });
});
