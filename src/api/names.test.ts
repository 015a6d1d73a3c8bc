import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkConfigKey,
  checkDns1035Label,
  checkDnsLabel,
  checkDnsSubdomain,
  checkEnvVarName,
  checkLabelValue,
  checkPort,
  checkPortName,
  checkQualifiedName,
  checkWildcardSubdomain,
  type NameCheck,
} from './names.ts';

function passes(check: NameCheck, values: string[]): void {
  for (const value of values) assert.deepEqual(check(value), [], value);
}

function fails(check: NameCheck, values: string[]): void {
  for (const value of values) assert.notDeepEqual(check(value), [], value);
}

test('labels, subdomains and 1035 labels are told apart', () => {
  passes(checkDnsLabel, ['a', '1', 'a-b', '0a9', 'a'.repeat(63)]);
  fails(checkDnsLabel, ['', 'A', '-a', 'a-', 'a.b', 'a_b', 'a\n', 'a'.repeat(64)]);
  passes(checkDnsSubdomain, ['a', 'a.b.c', '1.2', 'a-b.c']);
  fails(checkDnsSubdomain, ['', 'a..b', '.a', 'a.', 'A.b', `${'a.'.repeat(127)}`, 'a'.repeat(254)]);
  passes(checkDns1035Label, ['a', 'a1', 'a-1']);
  fails(checkDns1035Label, ['1a', 'a-', 'a.b', '']);
  passes(checkWildcardSubdomain, ['*.example.com']);
  fails(checkWildcardSubdomain, ['*', '*.*.com', 'a.*.com', '*example.com']);
});

test('the messages are the ones Kubernetes clients know', () => {
  assert.deepEqual(checkDnsLabel('Web_1'), [
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ]);
  assert.deepEqual(checkDnsLabel('a.b'), ['must not contain dots']);
  assert.deepEqual(checkDnsLabel('a'.repeat(64)), ['must be no more than 63 bytes']);
  assert.deepEqual(checkDnsSubdomain('Web'), [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ]);
  assert.deepEqual(checkDns1035Label('1web'), [
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  ]);
  assert.deepEqual(checkLabelValue('a b'), [
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ]);
});

test('qualified names have at most one prefix, which is a subdomain', () => {
  passes(checkQualifiedName, ['app', 'App.kind_1', 'example.com/app', '1']);
  fails(checkQualifiedName, ['', '/a', 'a/', 'a/b/c', 'Example.com/a', '-a', 'a b', 'a'.repeat(64)]);
  assert.deepEqual(checkQualifiedName('/app'), ['prefix part must be non-empty']);
  assert.match(checkQualifiedName('a/')[0] ?? '', /^name part must be non-empty/);
});

test('label values may be empty, and are bounded', () => {
  passes(checkLabelValue, ['', 'a', 'A.b_c-1', 'a'.repeat(63)]);
  fails(checkLabelValue, ['-a', 'a-', 'a/b', 'a'.repeat(64)]);
});

test('config keys are file names without a way up', () => {
  passes(checkConfigKey, ['a', 'APP_ENV', 'a.json', '.hidden']);
  fails(checkConfigKey, ['', 'a/b', 'a b', '.', '..', '..a']);
});

test('names of variables are printable and have no equals sign', () => {
  passes(checkEnvVarName, ['A', 'a.b', '1A', 'a b', '~']);
  fails(checkEnvVarName, ['', 'A=B', 'A\n', 'ä']);
});

test('ports go by number or by service name', () => {
  passes(checkPortName, ['http', 'http-2', '8a']);
  fails(checkPortName, ['', '80', 'HTTP', 'a--b', '-a', 'a-', 'a'.repeat(16)]);
  assert.deepEqual(checkPort(80), []);
  assert.deepEqual(checkPort('http'), []);
  assert.deepEqual(checkPort(0), ['must be between 1 and 65535, inclusive']);
  assert.deepEqual(checkPort(65536), ['must be between 1 and 65535, inclusive']);
});
