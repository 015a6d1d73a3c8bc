import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStatus } from '../api/status.ts';
import { negotiate } from './accept.ts';

const TABLE = { kind: 'Table', group: 'meta.k8s.io', version: 'v1' };

test('without a wish, or with any type allowed, JSON is served', () => {
  for (const header of [undefined, '', ' ', '*/*', 'application/*', 'text/html, */*;q=0.1']) {
    assert.deepEqual(negotiate(header, [TABLE]), { format: 'json' });
  }
});

test('weights come before order, and a weight of zero excludes', () => {
  assert.equal(negotiate('application/json;q=0.2, application/yaml;q=0.8', []).format, 'yaml');
  assert.equal(negotiate('application/yaml, application/json', []).format, 'yaml');
  assert.equal(negotiate('application/yaml;q=0, application/json;q=0.1', []).format, 'json');
});

test('a rendering that is not served is passed over for the next wish', () => {
  const table = 'application/json;as=Table;g=meta.k8s.io;v=v1';
  assert.deepEqual(negotiate(`${table}, application/json`, [TABLE]), { format: 'json', as: TABLE });
  assert.deepEqual(negotiate(`${table}, application/json`, []), { format: 'json' });
  assert.throws(
    () => negotiate(table, []),
    (error) => isStatus(error, 'NotAcceptable') && error.code === 406,
  );
});
