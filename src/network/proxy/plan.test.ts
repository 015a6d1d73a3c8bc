import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServiceSpec } from '../../api/types/core.ts';
import type { Endpoint, EndpointConditions, EndpointSlice } from '../../api/types/discovery.ts';
import { planService } from './plan.ts';

const meta = { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const READY = { ready: true, serving: true, terminating: false };
const LEAVING = { ready: false, serving: true, terminating: true };
const UNREADY = { ready: false, serving: false, terminating: false };
const DEAD = { ready: false, serving: false, terminating: true };

function service(spec: Partial<ServiceSpec> = {}, status: Service['status'] = {}): Service {
  const full = { clusterIP: '10.96.0.10', ports: [{ port: 80, targetPort: 8080 }], ...spec };
  return { apiVersion: 'v1', kind: 'Service', metadata: meta, spec: full, status };
}

function endpoint(ip: string, conditions?: EndpointConditions, nodeName = 'node-1'): Endpoint {
  return { addresses: [ip], nodeName, ...(conditions ? { conditions } : {}) };
}

function slice(endpoints: Endpoint[], ports: EndpointSlice['ports'] = [{ name: '', port: 8080 }]): EndpointSlice {
  const kind = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };
  return { ...kind, metadata: meta, addressType: 'IPv4', endpoints, ...(ports ? { ports } : {}) };
}

function ips(of: Service, slices: EndpointSlice[], from: 'endpoints' | 'externalEndpoints' = 'endpoints'): string[] {
  return planService(of, slices, 'node-1')[0]?.[from].map(({ ip, port }) => `${ip}:${port}`) ?? [];
}

test('ready endpoints get connections, and terminating ones only when no ready one is left', () => {
  const all = [endpoint('1', READY), endpoint('2', LEAVING), endpoint('3', UNREADY), endpoint('4', DEAD)];
  assert.deepEqual(ips(service(), [slice(all)]), ['1:8080']);
  assert.deepEqual(ips(service(), [slice(all.slice(1))]), ['2:8080']);
  assert.deepEqual(ips(service(), [slice(all.slice(2))]), []);
});

test('absent conditions mean ready', () => {
  assert.deepEqual(ips(service(), [slice([endpoint('1')])]), ['1:8080']);
});

test('the policy Local keeps to endpoints of the node, the terminating ones among them, and to none without', () => {
  const slices = [slice([endpoint('1', LEAVING), endpoint('2', READY, 'node-2')])];
  assert.deepEqual(ips(service(), slices), ['2:8080']);
  assert.deepEqual(ips(service({ internalTrafficPolicy: 'Local' }), slices), ['1:8080']);
  const external = service({ type: 'NodePort', externalTrafficPolicy: 'Local' });
  assert.deepEqual(ips(external, slices), ['2:8080']);
  assert.deepEqual(ips(external, slices, 'externalEndpoints'), ['1:8080']);
  assert.deepEqual(ips(service({ internalTrafficPolicy: 'Local' }), [slice([endpoint('2', READY, 'node-2')])]), []);
});

test('an address that stands in two slices counts once', () => {
  assert.deepEqual(ips(service(), [slice([endpoint('1', READY)]), slice([endpoint('1', READY)])]), ['1:8080']);
});

test('ports are matched by name, also where their numbers differ from slice to slice', () => {
  const ports = [
    { name: 'http', port: 80 },
    { name: 'admin', port: 81 },
  ];
  const slices = [
    slice(
      [endpoint('1', READY)],
      [
        { name: 'http', port: 8080 },
        { name: 'admin', port: 9090 },
      ],
    ),
    slice([endpoint('2', READY)], [{ name: 'http', port: 8888 }]),
  ];
  const planned = planService(service({ ports }), slices, 'node-1');
  const targets = planned.map(({ portName, endpoints }) => [
    portName,
    endpoints.map(({ ip, port }) => `${ip}:${port}`),
  ]);
  assert.deepEqual(targets, [
    ['http', ['1:8080', '2:8888']],
    ['admin', ['1:9090']],
  ]);
});

test('headless and external Services, and those without an address yet, have no rules', () => {
  const slices = [slice([endpoint('1', READY)])];
  for (const spec of [{ clusterIP: 'None' }, { type: 'ExternalName' as const }, { clusterIP: '' }]) {
    assert.deepEqual(planService(service(spec), slices, 'node-1'), []);
  }
});

test('a Service is served on its cluster, external and load-balancer addresses, each once, not on loopback', () => {
  const ingress = [{ ip: '192.0.2.7' }, { ip: '127.0.0.1' }, { hostname: 'lb.example' }];
  const spec = { clusterIPs: ['10.96.0.10', 'fd00::1'], externalIPs: ['192.0.2.7'] };
  const [rules] = planService(service(spec, { loadBalancer: { ingress } }), [], 'node-1');
  assert.deepEqual(rules?.addresses, ['10.96.0.10', '192.0.2.7']);
  assert.deepEqual(rules?.endpoints, []);
});

test('clients keep their endpoint for three hours, or as long as the Service says, when it wants affinity', () => {
  const seconds = (spec: Partial<ServiceSpec>) => planService(service(spec), [], 'node-1')[0]?.affinitySeconds;
  assert.equal(seconds({}), undefined);
  assert.equal(seconds({ sessionAffinity: 'ClientIP' }), 10_800);
  const sessionAffinityConfig = { clientIP: { timeoutSeconds: 60 } };
  assert.equal(seconds({ sessionAffinity: 'ClientIP', sessionAffinityConfig }), 60);
});
