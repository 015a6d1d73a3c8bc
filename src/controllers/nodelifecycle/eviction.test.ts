import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Taint, Toleration } from '../../api/types/core.ts';
import { type Eviction, planEviction, tolerates } from './eviction.ts';

const UNREACHABLE: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
const TEAM: Taint = { key: 'team', value: 'a', effect: 'NoExecute' };

function pod(tolerations?: Toleration[]): Pod {
  const metadata = { name: 'p', namespace: 'default', uid: 'p', resourceVersion: '1', creationTimestamp: '' };
  const spec = { containers: [], ...(tolerations ? { tolerations } : {}) };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec };
}

test('tolerations decide when a pod has to leave', () => {
  const forever: Toleration = { key: UNREACHABLE.key, operator: 'Exists', effect: 'NoExecute' };
  const table: readonly (readonly [string, Toleration[] | undefined, Taint[], number, Eviction])[] = [
    ['no taint', undefined, [], 0, { type: 'never' }],
    ['the default, at first', undefined, [UNREACHABLE], 0, { type: 'later', inMs: 300_000 }],
    ['the default, later', undefined, [UNREACHABLE], 299_999, { type: 'later', inMs: 1 }],
    ['the default, over', undefined, [UNREACHABLE], 300_000, { type: 'now' }],
    ['a taint of others', undefined, [TEAM], 0, { type: 'now' }],
    ['tolerated for good', [forever], [UNREACHABLE], 900_000, { type: 'never' }],
    [
      'the pod’s own time',
      [{ ...forever, tolerationSeconds: 5 }],
      [UNREACHABLE],
      2_000,
      { type: 'later', inMs: 3_000 },
    ],
    ['no time at all', [{ ...forever, tolerationSeconds: 0 }], [UNREACHABLE], 0, { type: 'now' }],
    ['a negative time', [{ ...forever, tolerationSeconds: -1 }], [UNREACHABLE], 0, { type: 'now' }],
    ['every taint', [{ operator: 'Exists' }], [UNREACHABLE, TEAM], 900_000, { type: 'never' }],
    ['one of two taints', [forever], [UNREACHABLE, TEAM], 0, { type: 'now' }],
    [
      'the shortest of several',
      [forever, { ...forever, tolerationSeconds: 7 }],
      [UNREACHABLE],
      0,
      { type: 'later', inMs: 7_000 },
    ],
    [
      'tolerated for scheduling only',
      [{ key: UNREACHABLE.key, operator: 'Exists', effect: 'NoSchedule' }],
      [UNREACHABLE],
      0,
      { type: 'later', inMs: 300_000 },
    ],
  ];
  for (const [name, tolerations, taints, seenForMs, wanted] of table) {
    const seen = taints.map((taint) => ({ taint, seenForMs }));
    assert.deepEqual(planEviction(pod(tolerations), seen), wanted, name);
  }
});

test('a toleration is about a taint by effect, key and value', () => {
  const table: readonly (readonly [Toleration, boolean])[] = [
    [{ key: 'team', operator: 'Equal', value: 'a' }, true],
    [{ key: 'team', value: 'a' }, true],
    [{ key: 'team', value: 'b' }, false],
    [{ key: 'team' }, false],
    [{ key: 'team', operator: 'Exists' }, true],
    [{ key: 'team', operator: 'Exists', effect: 'NoSchedule' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
    [{ operator: 'Exists', effect: 'NoExecute' }, true],
    [{ value: 'a' }, false],
  ];
  for (const [toleration, wanted] of table) {
    assert.equal(tolerates(toleration, TEAM), wanted, JSON.stringify(toleration));
  }
});
