import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '../../api/resources.ts';
import type { ObjectMeta } from '../../api/types/meta.ts';
import { type GraphNode, OwnerGraph } from './graph.ts';

const NOW = '2026-01-01T00:00:00Z';

function node(uid: string, owners: string[] = [], more: Partial<ObjectMeta> = {}): GraphNode {
  const ownerReferences = owners.map((owner) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: owner }));
  const metadata = { name: uid, uid, resourceVersion: '1', creationTimestamp: NOW, ownerReferences, ...more };
  return { resource: configMaps, object: { apiVersion: 'v1', kind: 'ConfigMap', metadata } };
}

const uids = (nodes: readonly GraphNode[]) => nodes.map(({ object }) => object.metadata.uid);

test('a dependent that comes before its owner is found from it', () => {
  const graph = new OwnerGraph();
  assert.deepEqual(graph.put(node('child', ['owner'])), ['child']);
  assert.deepEqual(graph.put(node('owner')), ['owner']);
  assert.deepEqual(uids(graph.dependentsOf('owner')), ['child']);
});

test('dependents are looked at when their owner goes', () => {
  const graph = new OwnerGraph();
  graph.put(node('owner'));
  graph.put(node('a', ['owner']));
  graph.put(node('b', ['owner', 'other']));
  assert.deepEqual(graph.remove('owner'), ['a', 'b']);
  assert.equal(graph.get('owner'), undefined);
  assert.deepEqual(graph.remove('owner'), []);
});

test('an owner that is being deleted is looked at when a dependent goes or lets go of it', () => {
  const graph = new OwnerGraph();
  graph.put(node('owner', [], { deletionTimestamp: NOW, finalizers: ['foregroundDeletion'] }));
  graph.put(node('a', ['owner']));
  graph.put(node('b', ['owner']));
  assert.deepEqual(graph.remove('a'), ['owner']);
  assert.deepEqual(graph.put(node('b')), ['b', 'owner']);
  assert.deepEqual(graph.dependentsOf('owner'), []);
});

test('a change of anything but owners, finalizers and deletion is none of the collector’s business', () => {
  const graph = new OwnerGraph();
  graph.put(node('a', ['owner']));
  assert.deepEqual(graph.put(node('a', ['owner'], { resourceVersion: '2', labels: { x: 'y' } })), []);
  assert.deepEqual(graph.put(node('a', ['owner'], { resourceVersion: '3', finalizers: ['a.b/c'] })), ['a']);
  assert.equal(graph.get('a')?.object.metadata.resourceVersion, '3');
});
