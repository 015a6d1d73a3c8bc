import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStatus } from '../api/status.ts';
import { parseRoute } from './route.ts';

function words(path: string): (string | undefined)[] {
  const route = parseRoute(path);
  assert.ok(route, path);
  return [route.group, route.version, route.namespace, route.resource, route.name, route.subresource, route.rest];
}

test('a path names group, version, namespace, resource, name and subresource', () => {
  const none = undefined;
  assert.deepEqual(words('/api/v1/pods'), ['', 'v1', none, 'pods', none, none, none]);
  assert.deepEqual(words('/api/v1/namespaces/a/pods/b/log'), ['', 'v1', 'a', 'pods', 'b', 'log', none]);
  assert.deepEqual(words('/apis/apps/v1/namespaces/a/deployments/'), [
    'apps',
    'v1',
    'a',
    'deployments',
    none,
    none,
    none,
  ]);
  assert.deepEqual(words('/api/v1/namespaces/a/pods/b/proxy/c/d'), ['', 'v1', 'a', 'pods', 'b', 'proxy', 'c/d']);
  assert.deepEqual(words('/api/v1/nodes/a%3Ab'), ['', 'v1', none, 'nodes', 'a:b', none, none]);
});

test('a namespace is an object as well, with subresources of its own', () => {
  const none = undefined;
  assert.deepEqual(words('/api/v1/namespaces/a'), ['', 'v1', none, 'namespaces', 'a', none, none]);
  assert.deepEqual(words('/api/v1/namespaces/a/finalize'), ['', 'v1', none, 'namespaces', 'a', 'finalize', none]);
  assert.deepEqual(words('/api/v1/namespaces/a/status'), ['', 'v1', none, 'namespaces', 'a', 'status', none]);
});

test('discovery has no resource, and other paths no route', () => {
  assert.equal(parseRoute('/apis')?.group, undefined);
  assert.equal(parseRoute('/apis/apps')?.group, 'apps');
  assert.equal(parseRoute('/apis/apps/v1')?.resource, undefined);
  assert.equal(parseRoute('/healthz'), undefined);
  assert.throws(
    () => parseRoute('/api/v1/nodes/%ff'),
    (error) => isStatus(error, 'BadRequest'),
  );
});
