import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/types/core.ts';
import { graceMs, releaseLevel, releaseTimeoutMs } from './level.ts';

function pod(options: { annotations?: Record<string, string>; grace?: number; sleep?: number }): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(options.annotations ? { annotations: options.annotations } : {}),
    },
    spec: {
      ...(options.grace === undefined ? {} : { terminationGracePeriodSeconds: options.grace }),
      containers: [
        { name: 'c', ...(options.sleep ? { lifecycle: { preStop: { sleep: { seconds: options.sleep } } } } : {}) },
      ],
    },
  };
}

test('the annotation decides the level, else the cluster does', () => {
  assert.equal(releaseLevel(pod({}), 'Observed'), 'Observed');
  assert.equal(releaseLevel(pod({}), 'None'), 'None');
  assert.equal(releaseLevel(pod({ annotations: { 'segue.dev/release': 'Drained' } }), 'None'), 'Drained');
});

test('the wait is capped at half the grace period unless the pod says otherwise', () => {
  assert.equal(releaseTimeoutMs(pod({})), 15_000);
  assert.equal(releaseTimeoutMs(pod({ annotations: { 'segue.dev/release-timeout-seconds': '3' } })), 3_000);
  assert.equal(releaseTimeoutMs(pod({ annotations: { 'segue.dev/release-timeout-seconds': '0' } })), 0);
});

test('the cap never takes what a preStop sleep needs of the grace period', () => {
  assert.equal(releaseTimeoutMs(pod({ grace: 20, sleep: 15 })), 5_000);
  assert.equal(releaseTimeoutMs(pod({ grace: 10, sleep: 15 })), 0);
});

test('the grace of the deletion counts, not that of the template', () => {
  const deleted = pod({ grace: 30 });
  deleted.metadata.deletionGracePeriodSeconds = 2;
  assert.equal(graceMs(deleted), 2_000);
  assert.equal(releaseTimeoutMs(deleted), 1_000);
});
