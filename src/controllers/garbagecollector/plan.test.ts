import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '../../api/resources.ts';
import type { KubeObject, ObjectMeta } from '../../api/types/meta.ts';
import type { GraphNode } from './graph.ts';
import { type Action, type OwnerState, planObject } from './plan.ts';

const NOW = '2026-01-01T00:00:00Z';

function node(uid: string, more: Partial<ObjectMeta> = {}): GraphNode {
  const metadata = { name: uid, namespace: 'default', uid, resourceVersion: '1', creationTimestamp: NOW, ...more };
  return { resource: configMaps, object: { apiVersion: 'v1', kind: 'ConfigMap', metadata } satisfies KubeObject };
}

const reference = (uid: string, blockOwnerDeletion = false) => {
  return { apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid, blockOwnerDeletion };
};
const owned = (uids: readonly string[], more: Partial<ObjectMeta> = {}) =>
  node('me', { ownerReferences: uids.map((uid) => reference(uid)), ...more });
const deleting = (finalizers: string[]) => ({ deletionTimestamp: NOW, finalizers });
const BACKGROUND: Action = { type: 'delete', propagationPolicy: 'Background' };

test('owners decide about an object that is not being deleted', () => {
  const table: readonly (readonly [string, Record<string, OwnerState>, Action[]])[] = [
    ['no owner', {}, []],
    ['a living owner', { a: 'solid' }, []],
    ['an owner of whom nothing is known', { a: 'unknown' }, []],
    ['an owner that is gone', { a: 'gone' }, [BACKGROUND]],
    ['two owners that are gone', { a: 'gone', b: 'gone' }, [BACKGROUND]],
    ['one gone, one living', { a: 'gone', b: 'solid' }, [{ type: 'dropOwners', uids: ['a'] }]],
    ['one waiting, one living', { a: 'waiting', b: 'solid' }, [{ type: 'dropOwners', uids: ['a'] }]],
    ['one gone, one unknown', { a: 'gone', b: 'unknown' }, [{ type: 'dropOwners', uids: ['a'] }]],
    ['one waiting', { a: 'waiting' }, [BACKGROUND]],
    ['one waiting, one gone', { a: 'waiting', b: 'gone' }, [BACKGROUND]],
  ];
  for (const [name, states, actions] of table) {
    const observed = { node: owned(Object.keys(states)), dependents: [], owners: new Map(Object.entries(states)) };
    assert.deepEqual(planObject(observed), actions, name);
  }
});

test('a finalizer put on in advance decides how the dependents of a deleted object are treated', () => {
  for (const [finalizer, propagationPolicy] of [
    ['orphan', 'Orphan'],
    ['foregroundDeletion', 'Foreground'],
    ['a.b/c', 'Background'],
  ] as const) {
    const node = owned(['a'], { finalizers: [finalizer] });
    const owners = new Map<string, OwnerState>([['a', 'gone']]);
    assert.deepEqual(planObject({ node, dependents: [], owners }), [{ type: 'delete', propagationPolicy }]);
  }
});

test('a dependent with dependents of its own goes after them while its owner waits', () => {
  const dependents = [node('child', { ownerReferences: [reference('me')] })];
  const owners = new Map<string, OwnerState>([['a', 'waiting']]);
  const foreground: Action = { type: 'delete', propagationPolicy: 'Foreground' };
  assert.deepEqual(planObject({ node: owned(['a']), dependents, owners }), [foreground]);
});

test('a circle of waiting objects is broken where it would close', () => {
  const me = node('me', { ownerReferences: [reference('a', true)] });
  const dependents = [node('a', { ownerReferences: [reference('me', true)], ...deleting(['foregroundDeletion']) })];
  const owners = new Map<string, OwnerState>([['a', 'waiting']]);
  assert.deepEqual(planObject({ node: me, dependents, owners }), [
    { type: 'unblockOwners' },
    { type: 'delete', propagationPolicy: 'Foreground' },
  ]);
});

test('a foreground deletion waits for those that block it, and only for those', () => {
  const me = node('me', deleting(['foregroundDeletion']));
  const blocking = node('b', { ownerReferences: [reference('me', true)] });
  const other = node('o', { ownerReferences: [reference('me')] });
  const foreign = node('f', { namespace: 'elsewhere', ownerReferences: [reference('me', true)] });
  const done: Action = { type: 'removeFinalizer', finalizer: 'foregroundDeletion' };
  const owners = new Map<string, OwnerState>();
  assert.deepEqual(planObject({ node: me, dependents: [other, blocking], owners }), [{ type: 'look', uids: ['b'] }]);
  assert.deepEqual(planObject({ node: me, dependents: [other, foreign], owners }), [done]);
  assert.deepEqual(planObject({ node: me, dependents: [], owners }), [done]);
});

test('an orphaning deletion takes the owner off its dependents first', () => {
  const me = node('me', deleting(['orphan']));
  const dependents = [node('a', { ownerReferences: [reference('me')] })];
  assert.deepEqual(planObject({ node: me, dependents, owners: new Map() }), [
    { type: 'orphan', dependents },
    { type: 'removeFinalizer', finalizer: 'orphan' },
  ]);
});

test('an object that is being deleted for other reasons is left alone', () => {
  const me = owned(['a'], deleting(['a.b/c']));
  assert.deepEqual(planObject({ node: me, dependents: [], owners: new Map([['a', 'gone']]) }), []);
});
