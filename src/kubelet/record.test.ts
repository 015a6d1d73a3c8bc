import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus } from '../api/types/core.ts';
import { newRecord, resumeRecord } from './record.ts';

const RAN: ContainerStatus = {
  name: 'c',
  image: 'x',
  imageID: 'x',
  containerID: 'segue://abc',
  ready: true,
  restartCount: 2,
  state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
};

function resumed(status: ContainerStatus, policy: 'Always' | 'OnFailure' | 'Never') {
  const record = newRecord({ name: 'c' }, false);
  resumeRecord(record, { status, policy });
  return record;
}

test('a container that is always started counts one more restart', () => {
  const record = resumed(RAN, 'Always');
  assert.equal(record.restarts, 3);
  assert.equal(record.state, undefined);
});

test('a container that never ran before the node went down starts at nothing', () => {
  const { containerID: _, ...waiting } = RAN;
  const record = resumed({ ...waiting, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } }, 'Never');
  assert.equal(record.restarts, 0);
  assert.equal(record.state, undefined);
});

test('a container that is not started again and whose end nobody saw has failed', () => {
  const record = resumed(RAN, 'Never');
  assert.equal(record.state?.phase, 'Exited');
  assert.equal(record.state?.exitCode, 137);
  assert.equal(record.restarts, 2);
});

test('a container that had done its work is not done again', () => {
  const record = resumed(
    { ...RAN, state: { terminated: { exitCode: 0, finishedAt: '2026-01-01T00:00:05Z' } } },
    'OnFailure',
  );
  assert.equal(record.state?.exitCode, 0);
  assert.equal(record.state?.finishedAt, Date.parse('2026-01-01T00:00:05Z'));
});
