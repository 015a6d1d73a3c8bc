import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceAccount } from '../types/core.ts';
import { cells, metadata, problems } from './fixtures.ts';
import { serviceAccountKind } from './serviceaccount.ts';

function account(name = 'robot'): ServiceAccount {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata({ name }), secrets: [{ name: 'token' }] };
}

test('a row counts the secrets', () => {
  assert.deepEqual(cells(serviceAccountKind, account()), { Name: 'robot', Secrets: 1, Age: '5m12s' });
});

test('its name is a subdomain', () => {
  assert.deepEqual(problems(serviceAccountKind, account('a.b')), []);
  assert.match(
    problems(serviceAccountKind, account('Robot')).join(),
    /^metadata\.name: Invalid value: "Robot": a lowercase RFC 1123 subdomain/,
  );
});
