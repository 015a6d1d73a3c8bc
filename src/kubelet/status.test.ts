import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/types/core.ts';
import type { ContainerState } from '../runtime/runtime.ts';
import { type ContainerRecord, recordsOf } from './record.ts';
import { statusOf } from './status.ts';

const NOW = Date.UTC(2026, 0, 1);

function podOf(spec: Partial<Pod['spec']> = {}, status: Pod['status'] = {}): Pod {
  const metadata = { name: 'web', uid: 'uid', resourceVersion: '1', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'main' }], ...spec }, status };
}

function state(phase: 'Running' | 'Exited', exitCode?: number): ContainerState {
  const finishedAt = phase === 'Exited' ? NOW : undefined;
  return {
    id: 'c',
    sandboxId: 's',
    name: 'main',
    phase,
    startedAt: NOW,
    finishedAt,
    exitCode,
    signal: undefined,
    pid: 1,
    logPath: '',
  };
}

const ready = { state: state('Running'), waiting: undefined, startup: true, readiness: true };

function statusWith(pod: Pod, record: Partial<ContainerRecord>, finished?: 'Succeeded' | 'Failed') {
  const records = recordsOf(pod).map((one) => (one.init ? one : { ...one, ...record }));
  const facts = { records, hostIP: '192.0.2.1', podIP: '10.0.0.1', startedAt: NOW, finished, extra: [] };
  const status = statusOf(pod, facts, NOW);
  const condition = (type: string) => status.conditions?.find((entry) => entry.type === type);
  return { status, condition };
}

test('a pod is Pending until a container was started, then Running, and keeps how it ended', () => {
  assert.equal(statusWith(podOf(), {}).status.phase, 'Pending');
  assert.equal(statusWith(podOf(), ready).status.phase, 'Running');
  assert.equal(statusWith(podOf(), { state: state('Exited', 1), waiting: undefined }, 'Failed').status.phase, 'Failed');
});

test('readiness needs every container, and every readiness gate', () => {
  assert.equal(statusWith(podOf(), ready).condition('Ready')?.status, 'True');
  const unready = statusWith(podOf(), { ...ready, readiness: false }).condition('Ready');
  assert.deepEqual([unready?.status, unready?.reason], ['False', 'ContainersNotReady']);
  const gated = podOf({ readinessGates: [{ conditionType: 'example.com/open' }] });
  assert.equal(statusWith(gated, ready).condition('Ready')?.reason, 'ReadinessGatesNotReady');
  assert.equal(statusWith(gated, ready).condition('ContainersReady')?.status, 'True');
  const open = { conditions: [{ type: 'example.com/open', status: 'True' as const }] };
  assert.equal(statusWith({ ...gated, status: open }, ready).condition('Ready')?.status, 'True');
});

test('the time of a transition is kept as long as nothing changed', () => {
  const since = '2025-12-31T00:00:00Z';
  const known = { conditions: [{ type: 'Ready', status: 'True' as const, lastTransitionTime: since }] };
  assert.equal(statusWith(podOf({}, known), ready).condition('Ready')?.lastTransitionTime, since);
  const turned = statusWith(podOf({}, known), { ...ready, readiness: false }).condition('Ready');
  assert.equal(turned?.lastTransitionTime, '2026-01-01T00:00:00Z');
});

test('while a container waits to be started again, its end is its last state', () => {
  const waiting = { reason: 'CrashLoopBackOff' };
  const [container] = statusWith(podOf(), { state: state('Exited', 2), waiting }).status.containerStatuses ?? [];
  assert.equal(container?.state.waiting?.reason, 'CrashLoopBackOff');
  assert.equal(container?.lastState?.terminated?.exitCode, 2);
});

test('a pod whose init containers are not through is not initialized', () => {
  const pod = podOf({ initContainers: [{ name: 'init' }] });
  const { condition, status } = statusWith(pod, {});
  assert.equal(condition('Initialized')?.reason, 'ContainersNotInitialized');
  assert.equal(status.containerStatuses?.[0]?.state.waiting?.reason, 'PodInitializing');
  assert.equal(status.initContainerStatuses?.length, 1);
});
