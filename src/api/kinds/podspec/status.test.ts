import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerState, ContainerStatus, PodStatus } from '../../types/core.ts';
import type { Condition } from '../../types/meta.ts';
import { NOW, podOf, secondsAgo } from '../fixtures.ts';
import { summarizePod } from './status.ts';

const running: ContainerState = { running: { startedAt: secondsAgo(60) } };
const done: ContainerState = { terminated: { exitCode: 0, reason: 'Completed' } };
const init = { name: 'init', image: 'busybox:1' };
const INITIALIZED: Condition = { type: 'Initialized', status: 'True' };

function container(state: ContainerState, more: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name: 'app', image: '', imageID: '', ready: false, restartCount: 0, state, ...more };
}

function statusOf(status: PodStatus, options: { inits?: (typeof init & { restartPolicy?: string })[] } = {}) {
  const pod = podOf(options.inits ? { initContainers: options.inits } : {});
  pod.status = status;
  return summarizePod(pod, NOW);
}

test('a pod without container states shows its phase, or the reason it was given', () => {
  assert.equal(statusOf({}).status, 'Pending');
  assert.equal(statusOf({ phase: 'Pending' }).status, 'Pending');
  assert.equal(statusOf({ phase: 'Failed', reason: 'Evicted' }).status, 'Evicted');
  const gated: Condition = { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' };
  assert.equal(statusOf({ phase: 'Pending', conditions: [gated] }).status, 'SchedulingGated');
});

test('a container that waits or ended shows its reason', () => {
  const shown: [ContainerState, string][] = [
    [{ waiting: { reason: 'ContainerCreating' } }, 'ContainerCreating'],
    [{ waiting: { reason: 'CrashLoopBackOff' } }, 'CrashLoopBackOff'],
    [{ waiting: { reason: 'ErrImagePull' } }, 'ErrImagePull'],
    [done, 'Completed'],
    [{ terminated: { exitCode: 1, reason: 'Error' } }, 'Error'],
    [{ terminated: { exitCode: 137, reason: 'OOMKilled' } }, 'OOMKilled'],
    [{ terminated: { exitCode: 3 } }, 'ExitCode:3'],
    [{ terminated: { exitCode: 137, signal: 9 } }, 'Signal:9'],
    [running, 'Running'],
  ];
  for (const [state, text] of shown) {
    assert.equal(statusOf({ phase: 'Running', containerStatuses: [container(state)] }).status, text);
  }
});

test('one container that still runs beside a completed one keeps the pod Running, or NotReady', () => {
  const containerStatuses = [container(done), container(running, { name: 'other', ready: true })];
  const ready: Condition = { type: 'Ready', status: 'True' };
  assert.equal(statusOf({ phase: 'Running', containerStatuses, conditions: [ready] }).status, 'Running');
  assert.equal(statusOf({ phase: 'Running', containerStatuses }).status, 'NotReady');
  assert.equal(statusOf({ phase: 'Running', containerStatuses }).ready, 1);
});

test('init containers show how far they are, and what went wrong', () => {
  const shown: [ContainerState, string][] = [
    [running, 'Init:0/1'],
    [{ waiting: { reason: 'PodInitializing' } }, 'Init:0/1'],
    [{ waiting: { reason: 'CrashLoopBackOff' } }, 'Init:CrashLoopBackOff'],
    [{ terminated: { exitCode: 1, reason: 'Error' } }, 'Init:Error'],
    [{ terminated: { exitCode: 2 } }, 'Init:ExitCode:2'],
    [{ terminated: { exitCode: 137, signal: 9 } }, 'Init:Signal:9'],
  ];
  for (const [state, text] of shown) {
    const initContainerStatuses = [container(state, { name: 'init' })];
    assert.equal(statusOf({ phase: 'Pending', initContainerStatuses }, { inits: [init] }).status, text);
  }
});

test('restarts of init containers stop counting once the pod is past them', () => {
  const past = container(done, { name: 'init', restartCount: 4 });
  const main = container(running, { ready: true, restartCount: 1 });
  const status: PodStatus = { phase: 'Running', initContainerStatuses: [past], containerStatuses: [main] };
  assert.deepEqual(statusOf(status, { inits: [init] }), { ready: 1, total: 1, status: 'Running', restarts: '1' });
  const waiting = statusOf(
    { phase: 'Pending', initContainerStatuses: [container(running, { name: 'init', restartCount: 4 })] },
    { inits: [init] },
  );
  assert.equal(waiting.restarts, '4');
});

test('a sidecar counts as one of the containers', () => {
  const sidecar = { ...init, restartPolicy: 'Always' };
  const initContainerStatuses = [container(running, { name: 'init', ready: true, started: true, restartCount: 2 })];
  const containerStatuses = [container(running, { ready: true })];
  const status: PodStatus = { phase: 'Running', initContainerStatuses, containerStatuses, conditions: [INITIALIZED] };
  assert.deepEqual(statusOf(status, { inits: [sidecar] }), { ready: 2, total: 2, status: 'Running', restarts: '2' });
});

test('a pod that is being deleted is Terminating until it has ended', () => {
  const pod = podOf();
  pod.metadata.deletionTimestamp = secondsAgo(1);
  pod.status = { phase: 'Running', containerStatuses: [container(running, { ready: true })] };
  assert.equal(summarizePod(pod, NOW).status, 'Terminating');
  assert.equal(summarizePod(pod, NOW).ready, 1);
  pod.status = { phase: 'Succeeded', containerStatuses: [container(done)] };
  assert.equal(summarizePod(pod, NOW).status, 'Completed');
  pod.status = { phase: 'Running', reason: 'NodeLost' };
  assert.equal(summarizePod(pod, NOW).status, 'Unknown');
});

test('the latest restart of any container is the one shown', () => {
  const ended = (seconds: number) => ({ terminated: { exitCode: 1, finishedAt: secondsAgo(seconds) } });
  const containerStatuses = [
    container(running, { restartCount: 1, lastState: ended(30) }),
    container(running, { name: 'b', restartCount: 2, lastState: ended(300) }),
  ];
  assert.equal(statusOf({ phase: 'Running', containerStatuses }).restarts, '3 (30s ago)');
});
