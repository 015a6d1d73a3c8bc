import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/types/core.ts';
import type { ContainerState } from '../runtime/runtime.ts';
import { planPod } from './plan.ts';
import { type ContainerRecord, recordsOf } from './record.ts';

type Spec = Partial<Pod['spec']>;

function podOf(spec: Spec): Pod {
  const metadata = { name: 'web', uid: 'uid', resourceVersion: '1', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'main' }], ...spec } };
}

function state(phase: 'Running' | 'Exited', exitCode?: number): ContainerState {
  const times = { startedAt: 0, finishedAt: phase === 'Exited' ? 1 : undefined };
  return { id: 'id', sandboxId: 's', name: 'n', phase, exitCode, signal: undefined, pid: 1, logPath: '', ...times };
}

/** The plan at time 100 for containers in the given states, in their order. */
function plan(spec: Spec, records: Partial<ContainerRecord>[]) {
  const pod = podOf(spec);
  const all = recordsOf(pod).map((record, index) => ({ ...record, ...records[index] }));
  return planPod(pod, all, 100).map((action) => Object.values(action).join(' '));
}

const running = { state: state('Running'), startup: true };
const done = { state: state('Exited', 0) };
const failed = { state: state('Exited', 1) };

test('all containers start side by side, once', () => {
  const containers = [{ name: 'a' }, { name: 'b' }];
  assert.deepEqual(plan({ containers }, []), ['start a', 'start b']);
  assert.deepEqual(plan({ containers }, [running]), ['start b']);
  assert.deepEqual(plan({ containers }, [running, running]), []);
});

test('what ended is started again as the policy says, not before its back-off is over', () => {
  assert.deepEqual(plan({}, [done]), ['start main']);
  assert.deepEqual(plan({}, [{ ...failed, backoffUntil: 500 }]), ['wait 500']);
  assert.deepEqual(plan({ restartPolicy: 'OnFailure' }, [failed]), ['start main']);
  assert.deepEqual(plan({ restartPolicy: 'OnFailure' }, [done]), ['finish Succeeded']);
  assert.deepEqual(plan({ restartPolicy: 'Never' }, [failed]), ['finish Failed']);
});

test('a pod has failed when one of its containers has, and goes on while one runs', () => {
  const containers = [{ name: 'a' }, { name: 'b' }];
  assert.deepEqual(plan({ containers, restartPolicy: 'Never' }, [failed, running]), []);
  assert.deepEqual(plan({ containers, restartPolicy: 'Never' }, [failed, done]), ['finish Failed']);
});

test('a condemned container is killed', () => {
  assert.deepEqual(plan({}, [{ ...running, condemned: 'failed liveness probe: no' }]), [
    'kill main failed liveness probe: no',
  ]);
});

test('init containers run one after another, again when they fail, and end the pod under the policy Never', () => {
  const initContainers = [{ name: 'i1' }, { name: 'i2' }];
  assert.deepEqual(plan({ initContainers }, []), ['start i1']);
  assert.deepEqual(plan({ initContainers }, [running]), []);
  assert.deepEqual(plan({ initContainers }, [done]), ['start i2']);
  assert.deepEqual(plan({ initContainers }, [failed]), ['start i1']);
  assert.deepEqual(plan({ initContainers }, [done, done]), ['start main']);
  assert.deepEqual(plan({ initContainers, restartPolicy: 'Never' }, [failed]), ['finish Failed']);
});

test('a sidecar lets the next go on once it has started, and is started again whatever the policy', () => {
  const initContainers = [{ name: 'side', restartPolicy: 'Always' }, { name: 'i2' }];
  assert.deepEqual(plan({ initContainers }, [{ ...running, startup: false }]), []);
  assert.deepEqual(plan({ initContainers }, [running]), ['start i2']);
  assert.deepEqual(plan({ initContainers, restartPolicy: 'Never' }, [failed, done, running]), ['start side']);
});
