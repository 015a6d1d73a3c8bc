import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service, ServiceSpec } from '../../api/types/core.ts';
import { planSubsets } from './plan.ts';

const meta = { namespace: 'default', resourceVersion: '1', creationTimestamp: '' };

function service(spec: Partial<ServiceSpec> = {}): Service {
  const full = { clusterIP: '10.96.0.1', ports: [{ name: 'http', port: 80, targetPort: 'web' }], ...spec };
  return { apiVersion: 'v1', kind: 'Service', metadata: { ...meta, name: 'web', uid: 's' }, spec: full };
}

function pod(
  index: number,
  more: { port?: number; isReady?: boolean; isTerminating?: boolean; phase?: 'Failed' } = {},
): Pod {
  const { port = 8080, isReady = true, isTerminating, phase } = more;
  const name = `p${String(index).padStart(3, '0')}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...meta, name, uid: name, ...(isTerminating ? { deletionTimestamp: 'now' } : {}) },
    spec: { containers: [{ name: 'main', ports: [{ name: 'web', containerPort: port }] }] },
    status: {
      phase: phase ?? 'Running',
      podIP: `10.0.${Math.floor(index / 250)}.${index % 250}`,
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    },
  };
}

test('Endpoints have subsets by ports, ready and not ready apart, without terminating pods', () => {
  const all = [pod(1), pod(2, { isReady: false }), pod(3, { port: 9090 }), pod(4, { isTerminating: true })];
  const ips = (list: { ip: string }[] = []) => list.map(({ ip }) => ip);
  const subsets = planSubsets(service(), all).map((subset) => [
    subset.ports?.[0]?.port,
    ips(subset.addresses),
    ips(subset.notReadyAddresses),
  ]);
  assert.deepEqual(subsets, [
    [8080, ['10.0.0.1'], ['10.0.0.2']],
    [9090, ['10.0.0.3'], []],
  ]);
  const published = planSubsets(service({ publishNotReadyAddresses: true }), all);
  assert.deepEqual(ips(published[0]?.addresses), ['10.0.0.1', '10.0.0.2', '10.0.0.4']);
});
