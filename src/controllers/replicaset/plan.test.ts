import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaSet } from '../../api/types/apps.ts';
import type { Pod } from '../../api/types/core.ts';
import { planReplicaSet } from './plan.ts';

const NOW = Date.UTC(2026, 0, 10);
const DAY = 86_400_000;

interface Facts {
  node?: string;
  phase?: 'Pending' | 'Running' | 'Failed';
  /** Ready for this long; not ready without. */
  readyMs?: number;
  ageMs?: number;
  cost?: number;
  restarts?: number;
  isTerminating?: boolean;
}

function pod(name: string, facts: Facts = {}): Pod {
  const { node = `node-${name}`, phase = 'Running', readyMs, ageMs = DAY, cost, restarts = 0, isTerminating } = facts;
  const time = (agoMs: number) => new Date(NOW - agoMs).toISOString();
  const ready = { type: 'Ready', status: 'True' as const, lastTransitionTime: time(readyMs ?? 0) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: time(ageMs),
      annotations: cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': String(cost) },
      ...(isTerminating ? { deletionTimestamp: time(0) } : {}),
    },
    spec: { containers: [{ name: 'main' }], ...(node ? { nodeName: node } : {}) },
    status: {
      phase,
      conditions: readyMs === undefined ? [] : [ready],
      containerStatuses: [{ name: 'main', image: '', imageID: '', ready: true, restartCount: restarts, state: {} }],
    },
  };
}

function set(replicas: number, more: Partial<ReplicaSet['spec']> = {}): ReplicaSet {
  const spec = { replicas, selector: {}, template: { spec: { containers: [] } }, ...more };
  const metadata = { name: 'web', uid: 'set', resourceVersion: '1', creationTimestamp: '', generation: 3 };
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec } as ReplicaSet;
}

function removed(replicas: number, pods: Pod[]): string[] {
  return planReplicaSet(set(replicas), pods, NOW).remove.map(({ metadata }) => metadata.name);
}

test('missing pods are made, at most 500 at a time; ended and terminating ones do not count', () => {
  assert.equal(planReplicaSet(set(3), [pod('a')], NOW).create, 2);
  assert.equal(planReplicaSet(set(900), [], NOW).create, 500);
  const others = [pod('a', { phase: 'Failed' }), pod('b', { isTerminating: true })];
  assert.equal(planReplicaSet(set(1), others, NOW).create, 1);
});

test('surplus pods go in the order of Kubernetes', () => {
  const ready = { readyMs: DAY };
  const order: [string, Facts, Facts][] = [
    ['unscheduled', { ...ready, node: '' }, ready],
    ['pending', { ...ready, phase: 'Pending' }, ready],
    ['not ready', {}, ready],
    ['cheaper to delete', { ...ready, cost: -5 }, ready],
    ['ready more recently', { readyMs: 60_000 }, ready],
    ['restarted more often', { ...ready, restarts: 4 }, ready],
    ['younger', { ...ready, ageMs: 60_000 }, ready],
  ];
  for (const [why, first, second] of order) {
    assert.deepEqual(removed(1, [pod('stays', second), pod('goes', first)]), ['goes'], why);
    assert.deepEqual(removed(1, [pod('goes', first), pod('stays', second)]), ['goes'], why);
  }
});

test('a node with more pods of the set gives one first', () => {
  const pods = ['a', 'b', 'c'].map((name) => pod(name, { readyMs: DAY, node: name === 'a' ? 'n1' : 'n2' }));
  assert.ok(['b', 'c'].includes(removed(2, pods)[0] as string));
});

test('small differences of age do not decide', () => {
  const pods = [pod('x', { readyMs: 10 * DAY, ageMs: 100_000 }), pod('a', { readyMs: 10 * DAY, ageMs: 101_000 })];
  assert.deepEqual(removed(1, pods), ['a']);
});

test('the status counts, and tells when the next pod will be available', () => {
  const pods = [
    pod('a', { readyMs: 60_000 }),
    pod('b', { readyMs: 4_000 }),
    pod('c'),
    pod('d', { isTerminating: true }),
  ];
  const { status, lookAgainMs } = planReplicaSet(set(3, { minReadySeconds: 10 }), pods, NOW);
  const { replicas, readyReplicas, availableReplicas, terminatingReplicas, observedGeneration } = status;
  assert.deepEqual(
    [replicas, readyReplicas, availableReplicas, terminatingReplicas, observedGeneration],
    [3, 2, 1, 1, 3],
  );
  assert.equal(lookAgainMs, 6_000);
});
