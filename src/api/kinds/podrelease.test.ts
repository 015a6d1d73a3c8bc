import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodRelease } from '../types/segue.ts';
import { cells, metadata, secondsAgo } from './fixtures.ts';
import { podReleaseKind } from './podrelease.ts';

function release(status: Partial<PodRelease['status']> = {}): PodRelease {
  return {
    apiVersion: 'segue.dev/v1',
    kind: 'PodRelease',
    metadata: metadata(),
    spec: { podUID: 'u', nodeName: 'node-1', level: 'Observed', deletedResourceVersion: '7' },
    status: { phase: 'Waiting', waitingFor: [], deletedAt: secondsAgo(1), ...status },
  };
}

test('a row shows who has not let go yet, and how it ended', () => {
  assert.deepEqual(cells(podReleaseKind, release({ waitingFor: ['ingress', 'node-1.proxy'] })), {
    Name: 'web',
    Node: 'node-1',
    Level: 'Observed',
    Phase: 'Waiting',
    'Waiting For': 'ingress,node-1.proxy',
    Outcome: '<none>',
    Age: '5m12s',
  });
  const over = cells(podReleaseKind, release({ phase: 'Released', outcome: 'Released' }));
  assert.deepEqual([over['Phase'], over['Waiting For'], over['Outcome']], ['Released', '<none>', 'Released']);
});

test('a kubelet selects the releases of its node', () => {
  assert.deepEqual(podReleaseKind.selectableFields?.(release()), { 'spec.nodeName': 'node-1' });
});
