import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDnsSubdomain } from './names.ts';
import { validateObjectMeta } from './objectmeta.ts';
import type { ObjectMeta } from './types/meta.ts';

function problems(metadata: Partial<ObjectMeta>): string[] {
  return validateObjectMeta({ name: 'web', ...metadata }, checkDnsSubdomain).map(
    ({ field, message }) => `${field}: ${message.replace(/ \(e\.g\..*/, '')}`,
  );
}

test('an object has a name of its kind', () => {
  assert.deepEqual(problems({}), []);
  assert.deepEqual(problems({ name: '' }), ['metadata.name: Required value: name or generateName is required']);
  assert.deepEqual(problems({ generateName: 'web-' }), []);
  assert.match(problems({ generateName: 'Web-' }).join(), /^metadata\.generateName: Invalid value: "Web-"/);
});

test('labels have qualified keys and plain values', () => {
  assert.match(
    problems({ labels: { 'a b': '' } }).join(),
    /^metadata\.labels: Invalid value: "a b": name part must consist/,
  );
  assert.match(
    problems({ labels: { a: 'b c' } }).join(),
    /^metadata\.labels: Invalid value: "b c": a valid label must be/,
  );
  assert.deepEqual(problems({ labels: { a: 'x'.repeat(64) } }), [
    `metadata.labels: Invalid value: "${'x'.repeat(64)}": must be no more than 63 bytes`,
  ]);
});

test('annotations have qualified keys in any case, and are bounded together', () => {
  assert.deepEqual(problems({ annotations: { 'Example.com/A': 'anything at all' } }), []);
  assert.match(
    problems({ annotations: { 'a/b/c': '' } }).join(),
    /^metadata\.annotations: Invalid value: "a\/b\/c": a qualified name/,
  );
  assert.deepEqual(problems({ annotations: { a: 'x'.repeat(256 * 1024) } }), [
    'metadata.annotations: Too long: may not be more than 262144 bytes',
  ]);
});

test('owners are named in full, and one of them controls', () => {
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'u', controller: true };
  assert.deepEqual(problems({ ownerReferences: [owner] }), []);
  assert.deepEqual(problems({ ownerReferences: [{ ...owner, uid: '', apiVersion: '' }] }), [
    'metadata.ownerReferences[0].apiVersion: Invalid value: "": version must not be empty',
    'metadata.ownerReferences[0].uid: Invalid value: "": uid must not be empty',
  ]);
  assert.deepEqual(problems({ ownerReferences: [owner, { ...owner, name: 'b' }] }), [
    'metadata.ownerReferences: Forbidden: Only one reference can have Controller set to true. Found "true" in references for Pod/a, Pod/b',
  ]);
});

test('finalizers are qualified, or one of Kubernetes', () => {
  assert.deepEqual(problems({ finalizers: ['example.com/hold', 'foregroundDeletion', 'orphan'] }), []);
  assert.deepEqual(problems({ finalizers: ['hold'] }), [
    'metadata.finalizers: Invalid value: "hold": name is neither a standard finalizer name nor is it fully qualified',
  ]);
});
