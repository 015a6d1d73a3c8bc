import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '../types/core.ts';
import { cells, created, metadata, problems, stepProblems } from './fixtures.ts';
import { nodeKind } from './node.ts';

function node(more: Partial<Node> = {}): Node {
  const { namespace: _, ...rest } = metadata({ name: 'node-1' });
  return { apiVersion: 'v1', kind: 'Node', metadata: rest, ...more };
}

test('a node keeps the status it registers with, its amounts in canonical form', () => {
  const object = created(
    nodeKind,
    node({ spec: { podCIDR: '10.0.1.0/24' }, status: { capacity: { cpu: '2000m', memory: '4096Mi' } } }),
  );
  assert.deepEqual(object.spec, { podCIDR: '10.0.1.0/24', podCIDRs: ['10.0.1.0/24'] });
  assert.deepEqual(object.status, {
    capacity: { cpu: '2', memory: '4Gi' },
    allocatable: { cpu: '2', memory: '4Gi' },
  });
});

test('taints have a key, an effect, and come once', () => {
  const taint = { key: 'a', effect: 'NoSchedule' as const };
  const odd = { key: '', effect: 'Never' as 'NoSchedule' };
  assert.deepEqual(problems(nodeKind, node({ spec: { taints: [taint, taint, odd] } })), [
    'spec.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}',
    'spec.taints[2].key: Required value',
    'spec.taints[2].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ]);
  assert.deepEqual(problems(nodeKind, node({ spec: { podCIDR: '10.0.0.0/40' } })), [
    'spec.podCIDRs[0]: Invalid value: "10.0.0.0/40": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ]);
});

test('the pod range and the provider stay once they are set', () => {
  const set = { podCIDR: '10.0.1.0/24', providerID: 'segue://1' };
  assert.deepEqual(stepProblems(nodeKind, node({ spec: { ...set } }), node()), []);
  const changed = node({ spec: { podCIDR: '10.0.2.0/24', providerID: 'segue://2' } });
  assert.deepEqual(stepProblems(nodeKind, changed, node({ spec: { ...set } })), [
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
  ]);
});

test('a row shows what kubectl shows', () => {
  const object = node({
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.2' }],
      nodeInfo: {
        kubeletVersion: 'v1.35.0',
        osImage: 'Linux',
        kernelVersion: '6.8',
        containerRuntimeVersion: 'segue://1',
      },
    },
  });
  object.metadata.labels = { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'worker' };
  assert.deepEqual(cells(nodeKind, object), {
    Name: 'node-1',
    Status: 'Ready,SchedulingDisabled',
    Roles: 'control-plane,worker',
    Age: '5m12s',
    Version: 'v1.35.0',
    'Internal-IP': '10.0.0.2',
    'External-IP': '<none>',
    'OS-Image': 'Linux',
    'Kernel-Version': '6.8',
    'Container-Runtime': 'segue://1',
  });
  assert.equal(nodeKind.selectableFields?.(object)['spec.unschedulable'], 'true');
});

test('a node that never reported is Unknown, one that is not ready NotReady', () => {
  assert.equal(cells(nodeKind, node())['Status'], 'Unknown');
  const silent = node({ status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } });
  assert.equal(cells(nodeKind, silent)['Status'], 'NotReady');
  assert.equal(cells(nodeKind, silent)['Roles'], '<none>');
});
