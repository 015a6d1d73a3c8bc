import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from '../types/coordination.ts';
import { cells, metadata, problems } from './fixtures.ts';
import { leaseKind } from './lease.ts';

function lease(spec: Lease['spec'] = {}): Lease {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: metadata(), spec };
}

test('a lease lasts, and counts its holders', () => {
  assert.deepEqual(problems(leaseKind, lease({ leaseDurationSeconds: 40 })), []);
  assert.deepEqual(problems(leaseKind, lease({ leaseDurationSeconds: 0, leaseTransitions: -1 })), [
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
  ]);
});

test('a row shows who holds it', () => {
  assert.deepEqual(cells(leaseKind, lease({ holderIdentity: 'node-1' })), {
    Name: 'web',
    Holder: 'node-1',
    Age: '5m12s',
  });
});
