import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Taint } from '../../api/types/core.ts';
import type { Condition } from '../../api/types/meta.ts';
import { isNotReady, planSilence, planTaints } from './plan.ts';

const BORN = '2025-12-31T00:00:00Z';
const NOW = '2026-01-01T00:00:00Z';

function node(conditions: Record<string, Condition['status']>, spec: Node['spec'] = {}): Node {
  const status = {
    conditions: Object.entries(conditions).map(([type, status]): Condition => {
      return { type, status, reason: 'Said', lastHeartbeatTime: BORN, lastTransitionTime: BORN };
    }),
  };
  const metadata = { name: 'n1', uid: 'u', resourceVersion: '1', creationTimestamp: BORN };
  return { apiVersion: 'v1', kind: 'Node', metadata, spec, status };
}

const taint = (key: string, effect: Taint['effect']): Taint => ({ key: `node.kubernetes.io/${key}`, effect });
const texts = (taints: readonly Taint[] | undefined) => taints?.map(({ key, effect }) => `${key}:${effect}`).sort();

test('silence makes everything unknown that the kubelet speaks of, and nothing else', () => {
  const conditions = planSilence(node({ Ready: 'True', DiskPressure: 'False', NetworkUnavailable: 'False' }), NOW);
  assert.deepEqual(
    conditions?.map(({ type, status, reason }) => [type, status, reason]),
    [
      ['Ready', 'Unknown', 'NodeStatusUnknown'],
      ['DiskPressure', 'Unknown', 'NodeStatusUnknown'],
      ['NetworkUnavailable', 'False', 'Said'],
      ['MemoryPressure', 'Unknown', 'NodeStatusNeverUpdated'],
      ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated'],
    ],
  );
  assert.deepEqual(conditions?.[0], {
    type: 'Ready',
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
    lastHeartbeatTime: BORN,
    lastTransitionTime: NOW,
  });
});

test('silence that is written down already is no change', () => {
  const unknown = node({
    Ready: 'Unknown',
    MemoryPressure: 'Unknown',
    DiskPressure: 'Unknown',
    PIDPressure: 'Unknown',
  });
  assert.equal(planSilence(unknown, NOW), undefined);
});

test('taints follow from conditions', () => {
  const table: readonly (readonly [Node, string[] | undefined])[] = [
    [node({}), undefined],
    [node({ Ready: 'True' }), undefined],
    [node({ Ready: 'False' }), ['node.kubernetes.io/not-ready:NoExecute', 'node.kubernetes.io/not-ready:NoSchedule']],
    [
      node({ Ready: 'Unknown' }),
      ['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule'],
    ],
    [node({ Ready: 'True', MemoryPressure: 'True' }), ['node.kubernetes.io/memory-pressure:NoSchedule']],
    [node({ Ready: 'True', DiskPressure: 'True' }), ['node.kubernetes.io/disk-pressure:NoSchedule']],
    [node({ Ready: 'True', PIDPressure: 'True' }), ['node.kubernetes.io/pid-pressure:NoSchedule']],
    [node({ Ready: 'True', NetworkUnavailable: 'True' }), ['node.kubernetes.io/network-unavailable:NoSchedule']],
    [node({ Ready: 'True' }, { unschedulable: true }), ['node.kubernetes.io/unschedulable:NoSchedule']],
  ];
  for (const [given, wanted] of table) assert.deepEqual(texts(planTaints(given, NOW)), wanted);
});

test('taints go with their condition; those of others stay; those that are right keep their time', () => {
  const theirs: Taint = { key: 'team', value: 'a', effect: 'NoExecute' };
  const ours = [taint('unreachable', 'NoSchedule'), taint('unreachable', 'NoExecute')];
  assert.deepEqual(planTaints(node({ Ready: 'True' }, { taints: [theirs, ...ours] }), NOW), [theirs]);
  assert.equal(planTaints(node({ Ready: 'Unknown' }, { taints: [theirs, ...ours] }), NOW), undefined);
  const early: Taint = { ...taint('not-ready', 'NoSchedule'), timeAdded: BORN };
  assert.deepEqual(planTaints(node({ Ready: 'False' }, { taints: [early] }), NOW), [
    early,
    { ...taint('not-ready', 'NoExecute'), timeAdded: NOW },
  ]);
});

test('a node is not ready when it says so or is silent, not before it has spoken', () => {
  assert.deepEqual(
    [node({}), node({ Ready: 'True' }), node({ Ready: 'False' }), node({ Ready: 'Unknown' })].map(isNotReady),
    [false, false, true, true],
  );
});
