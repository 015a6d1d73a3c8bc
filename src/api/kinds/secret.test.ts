import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Secret } from '../types/core.ts';
import { cells, created, metadata, problems, stepProblems } from './fixtures.ts';
import { secretKind } from './secret.ts';

function secret(more: Partial<Secret> = {}): Secret {
  return { apiVersion: 'v1', kind: 'Secret', metadata: metadata(), ...more };
}

test('a secret is opaque unless it says otherwise, and plain text becomes data', () => {
  const object = created(secretKind, secret({ data: { a: 'AA==', b: 'AA==' }, stringData: { b: 'word' } }));
  assert.equal(object.type, 'Opaque');
  assert.deepEqual(object.data, { a: 'AA==', b: 'd29yZA==' });
  assert.equal('stringData' in object, false);
  assert.deepEqual(secretKind.selectableFields?.(object), { type: 'Opaque' });
});

test('a secret of a type holds what the type needs', () => {
  const needs: Record<string, string[]> = {
    'kubernetes.io/tls': ['data[tls.crt]: Required value', 'data[tls.key]: Required value'],
    'kubernetes.io/ssh-auth': ['data[ssh-privatekey]: Required value'],
    'kubernetes.io/dockerconfigjson': ['data[.dockerconfigjson]: Required value'],
    'kubernetes.io/basic-auth': ['data[username]: Required value', 'data[password]: Required value'],
    'kubernetes.io/service-account-token': ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    'example.com/own': [],
  };
  for (const [type, lines] of Object.entries(needs))
    assert.deepEqual(problems(secretKind, secret({ type })), lines, type);
  const type = 'kubernetes.io/dockerconfigjson';
  assert.deepEqual(problems(secretKind, secret({ type, stringData: { '.dockerconfigjson': 'no' } })), [
    'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": must be valid JSON',
  ]);
  assert.deepEqual(problems(secretKind, secret({ type, stringData: { '.dockerconfigjson': '{}' } })), []);
});

test('data is base64, and not repeated when it is wrong', () => {
  assert.deepEqual(problems(secretKind, secret({ data: { a: 'plain text' } })), [
    'data[a]: Invalid value: "<secret contents redacted>": illegal base64 data',
  ]);
});

test('the type stays, and a sealed secret stays as it is', () => {
  assert.deepEqual(stepProblems(secretKind, secret({ type: 'a/b' }), secret()), [
    'type: Invalid value: "a/b": field is immutable',
  ]);
  const sealed = secret({ immutable: true, data: { a: 'AA==' } });
  assert.deepEqual(stepProblems(secretKind, secret({ immutable: true, data: { a: 'AQ==' } }), sealed), [
    'data: Forbidden: field is immutable when `immutable` is set',
  ]);
});

test('a row shows the type and how many keys there are', () => {
  const object = created(secretKind, secret({ stringData: { a: '1', b: '2' } }));
  assert.deepEqual(cells(secretKind, object), { Name: 'web', Type: 'Opaque', Data: 2, Age: '5m12s' });
});
