import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServicePort } from '../api/types/core.ts';
import { planPublications } from './publications.ts';

function plan(type: string, ports: object[]): string[] {
  const metadata = { name: 'web', namespace: 'shop' };
  const service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { type, ports: ports as ServicePort[] } };
  return planPublications(service as unknown as Service, '127.0.0.20').map(({ id, service: of }) => `${of} ${id}`);
}

test('a NodePort is published on loopback under its own number', () => {
  assert.deepEqual(plan('NodePort', [{ port: 80, nodePort: 30_080 }]), ['shop/web 127.0.0.1:30080>30080']);
});

test('a LoadBalancer is published on its address by port, and as a NodePort', () => {
  const expected = ['shop/web 127.0.0.1:30080>30080', 'shop/web 127.0.0.20:80>30080'];
  assert.deepEqual(plan('LoadBalancer', [{ port: 80, nodePort: 30_080, protocol: 'TCP' }]), expected);
});

test('nothing is published for other types, other protocols, and ports without a node port', () => {
  for (const type of ['ClusterIP', 'ExternalName']) assert.deepEqual(plan(type, [{ port: 80, nodePort: 30_080 }]), []);
  assert.deepEqual(plan('LoadBalancer', [{ port: 53, nodePort: 30_053, protocol: 'UDP' }, { port: 80 }]), []);
});
