import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { schemaOf } from '../schema/schema.ts';
import { isStatus, type StatusError } from '../status.ts';
import { applyPatch } from './patch.ts';

const schema = schemaOf('v1', 'ConfigMap');
const current = { metadata: { name: 'a', labels: { app: 'web', 'a/b': 'c' } }, data: { x: '1' }, list: [1, 2, 3] };

function patched(contentType: string, patch: unknown): unknown {
  const before = structuredClone({ current, patch });
  const result = applyPatch<object>({ contentType, current, patch, schema });
  assert.deepEqual({ current, patch }, before, 'the inputs are unchanged');
  return result;
}

function refusal(contentType: string, patch: unknown): StatusError {
  try {
    patched(contentType, patch);
  } catch (error) {
    assert.ok(isStatus(error, 'Invalid', 'BadRequest', 'UnsupportedMediaType', 'RequestEntityTooLarge'));
    return error;
  }
  throw new Error('the patch was accepted');
}

describe('application/json-patch+json', () => {
  const apply = (...operations: unknown[]) => patched('application/json-patch+json', operations);
  const refuse = (patch: unknown) => refusal('application/json-patch+json', patch);

  test('adds, replaces, removes, moves and copies', () => {
    assert.deepEqual(
      apply(
        { op: 'add', path: '/data/y', value: '2' },
        { op: 'replace', path: '/metadata/labels/app', value: 'api' },
        { op: 'remove', path: '/metadata/labels/a~1b' },
        { op: 'copy', from: '/data/y', path: '/data/z' },
        { op: 'move', from: '/data/x', path: '/data/w' },
        { op: 'add', path: '/list/0', value: 0 },
        { op: 'add', path: '/list/-', value: 4 },
        { op: 'remove', path: '/list/1' },
        { op: 'test', path: '/list', value: [0, 2, 3, 4] },
      ),
      { metadata: { name: 'a', labels: { app: 'api' } }, data: { y: '2', z: '2', w: '1' }, list: [0, 2, 3, 4] },
    );
  });

  test('sets what a replace does not find in an object, and copies it as null', () => {
    assert.deepEqual(
      apply({ op: 'replace', path: '/data/y', value: '2' }, { op: 'copy', from: '/data/none', path: '/data/z' }),
      { ...current, data: { x: '1', y: '2', z: null } },
    );
  });

  test('holds a test for null where there is nothing', () => {
    assert.deepEqual(apply({ op: 'test', path: '/data/none', value: null }), current);
  });

  for (const [name, operation, message] of [
    ['a failed test', { op: 'test', path: '/data/x', value: '2' }, 'testing value /data/x failed: test failed'],
    [
      'replacing beyond a list',
      { op: 'replace', path: '/list/3', value: 1 },
      'replace operation does not apply: doc is missing path: "/list/3": missing value',
    ],
    [
      'moving what is not there',
      { op: 'move', from: '/data/toString', path: '/data/y' },
      'move operation does not apply: doc is missing from path: "/data/toString": missing value',
    ],
    [
      'removing what is not there',
      { op: 'remove', path: '/spec' },
      'remove operation does not apply: doc is missing path: "/spec": missing value',
    ],
    [
      'adding below what is not there',
      { op: 'add', path: '/spec/a', value: 1 },
      'add operation does not apply: doc is missing path: "/spec/a": missing value',
    ],
    [
      'adding below a string',
      { op: 'add', path: '/data/x/y', value: 1 },
      'add operation does not apply: doc is missing path: "/data/x/y": missing value',
    ],
    [
      'adding beyond a list',
      { op: 'add', path: '/list/9', value: 1 },
      'add operation does not apply: doc is missing path: "/list/9": missing value',
    ],
    [
      'copying from nowhere',
      { op: 'copy', from: '/no/where', path: '/data/y' },
      'copy operation does not apply: doc is missing from path: "/no/where": missing value',
    ],
    ['an unknown operation', { op: 'merge', path: '/data' }, 'Unexpected kind: merge'],
    ['an add without a value', { op: 'add', path: '/data/y' }, 'add operation does not apply: missing value'],
  ] as const) {
    test(`refuses ${name} as Invalid`, () => {
      const error = refuse([operation]);
      assert.equal(error.code, 422);
      assert.deepEqual(
        error.details?.causes?.map((cause) => cause.message),
        [message],
      );
    });
  }

  test('refuses what is no list of operations as BadRequest', () => {
    const message = 'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch';
    assert.deepEqual([refuse({}).code, refuse({}).message], [400, message]);
    assert.equal(refuse(['add']).code, 400);
  });

  test('refuses more than 10,000 operations', () => {
    const operations = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/x', value: '1' }));
    assert.equal(refuse(operations).code, 413);
  });
});

describe('application/merge-patch+json', () => {
  const type = 'application/merge-patch+json; charset=utf-8';

  test('merges objects, removes what is null and replaces lists', () => {
    const patch = {
      metadata: { labels: { app: null, tier: 'front' } },
      data: { y: { deep: null, kept: 1 } },
      list: [null],
    };
    assert.deepEqual(patched(type, patch), {
      metadata: { name: 'a', labels: { 'a/b': 'c', tier: 'front' } },
      data: { x: '1', y: { kept: 1 } },
      list: [null],
    });
  });

  test('replaces a scalar by an object and an object by a scalar', () => {
    assert.deepEqual(patched(type, { list: { a: 1 }, data: 'x' }), {
      metadata: current.metadata,
      list: { a: 1 },
      data: 'x',
    });
  });

  test('refuses a patch that is no object', () => {
    assert.equal(refusal(type, [1]).reason, 'BadRequest');
  });
});

describe('other content types', () => {
  test('are refused with the accepted ones', () => {
    const error = refusal('application/json', {});
    assert.equal(error.reason, 'UnsupportedMediaType');
    assert.match(error.message, /application\/strategic-merge-patch\+json/);
  });

  test('strategic merge is one of them where there is no schema', () => {
    const contentType = 'application/strategic-merge-patch+json';
    assert.throws(
      () => applyPatch({ contentType, current, patch: {}, schema: undefined }),
      (error) => isStatus(error, 'UnsupportedMediaType') && !error.message.includes('strategic'),
    );
  });
});
