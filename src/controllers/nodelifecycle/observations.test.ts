import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from '../../api/types/coordination.ts';
import type { Node, Taint } from '../../api/types/core.ts';
import { Observations } from './observations.ts';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '' });

function node(options: { heartbeat?: string; taints?: Taint[] } = {}): Node {
  const ready = { type: 'Ready', status: 'True', lastHeartbeatTime: options.heartbeat ?? '' } as const;
  const spec = { taints: options.taints ?? [] };
  return { apiVersion: 'v1', kind: 'Node', metadata: meta('n1'), spec, status: { conditions: [ready] } };
}

const lease = (renewTime: string): Lease => {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: meta('n1'), spec: { renewTime } };
};

test('silence begins when the last change was seen, whatever the times say', () => {
  const seen = new Observations();
  assert.equal(seen.silentMs(node(), lease('1999'), 100), 0);
  assert.equal(seen.silentMs(node(), lease('1999'), 150), 50);
  assert.equal(seen.silentMs(node(), lease('1998'), 160), 0);
  assert.equal(seen.silentMs(node({ heartbeat: 'x' }), lease('1998'), 170), 0);
  assert.equal(seen.silentMs(node({ heartbeat: 'x' }), lease('1998'), 190), 20);
  seen.forget('n1');
  assert.equal(seen.silentMs(node({ heartbeat: 'x' }), lease('1998'), 300), 0);
});

test('a taint is timed from when it was seen, and anew when it had gone', () => {
  const seen = new Observations();
  const taint: Taint = { key: 'a', effect: 'NoExecute', timeAdded: '1999-01-01T00:00:00Z' };
  const other: Taint = { key: 'a', effect: 'NoSchedule' };
  seen.silentMs(node(), undefined, 0);
  assert.deepEqual(seen.seenTaints(node({ taints: [taint, other] }), 10), [{ taint, seenForMs: 0 }]);
  assert.deepEqual(seen.seenTaints(node({ taints: [taint] }), 25), [{ taint, seenForMs: 15 }]);
  assert.deepEqual(seen.seenTaints(node(), 30), []);
  assert.deepEqual(seen.seenTaints(node({ taints: [taint] }), 40), [{ taint, seenForMs: 0 }]);
});

test('a missing node is timed until it is settled', () => {
  const seen = new Observations();
  assert.equal(seen.missingMs('n1', 10), 0);
  assert.equal(seen.missingMs('n1', 40), 30);
  seen.settled('n1');
  assert.equal(seen.missingMs('n1', 50), 0);
});
