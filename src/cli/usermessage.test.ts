import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StatusError } from '../api/status.ts';
import { TransportError } from '../client/transport.ts';
import { userMessage } from './usermessage.ts';

const SRC = join(import.meta.dirname, '..');
const FOR_USERS = [
  'store/sqlite/errors.ts',
  'cluster/**/*.ts',
  'cli/*.ts',
  'verify/**/*.ts',
  'runtime/process/imagesfile.ts',
];

/** Errors that are dealt with where they arise, and so never come to the command line. */
const INSIDE = new Set([
  'BadAnswerError', // of one answer: counted as a loss
  'ClientGoneError', // of one HTTP request: logged
  'NotReadyError', // of the load generator's own process, which prints it
]);

function namedErrors(): string[] {
  return FOR_USERS.flatMap((pattern) => globSync(pattern, { cwd: SRC }))
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(join(SRC, file), 'utf8').matchAll(/^export class (\w+) extends Error/gm)])
    .map(([, name = '']) => name)
    .filter((name) => !INSIDE.has(name));
}

test('every error made for users is printed as its message', () => {
  const names = namedErrors();
  for (const known of [
    'StoreInUseError',
    'StoreFailedError',
    'ClusterError',
    'VerifyError',
    'ImagesFileError',
    'ListenError',
  ]) {
    assert.ok(names.includes(known), `${known} is found`);
  }
  for (const name of names) {
    const error = Object.assign(new Error('what, and what to do'), { name });
    assert.equal(userMessage(error), 'what, and what to do', name);
  }
});

test('a message is one line, also when the server says more', () => {
  const error = new StatusError('Invalid', 'spec is invalid:\n  * a\n  * b\n');
  assert.equal(userMessage(error), 'spec is invalid: * a * b');
  assert.equal(userMessage(new TransportError('Cannot reach it')), 'Cannot reach it');
});

test('a defect has no message for users', () => {
  for (const defect of [new TypeError('x is undefined'), new Error('what'), 'text', undefined]) {
    assert.equal(userMessage(defect), undefined);
  }
});
