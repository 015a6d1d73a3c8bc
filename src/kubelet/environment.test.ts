import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap, Container, Pod, Secret, Service } from '../api/types/core.ts';
import { type EnvironmentSources, environmentOf, expand, serviceVariables } from './environment.ts';

const meta = { name: 'web', namespace: 'default', uid: 'uid', resourceVersion: '1', creationTimestamp: '' };
const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...meta, labels: { app: 'web', tier: 'front' } },
  spec: { containers: [], nodeName: 'node-1' },
};
const map: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data: { color: 'red' } };
const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata: meta, data: { key: 'aGlkZGVu' } };

function sources(services: Service[] = []): EnvironmentSources {
  return {
    pod,
    podIP: '10.0.0.1',
    hostIP: '192.0.2.1',
    services,
    configMap: (name) => (name === 'map' ? map : undefined),
    secret: (name) => (name === 'secret' ? secret : undefined),
  };
}

function environment(container: Partial<Container>, services?: Service[]) {
  return environmentOf({ name: 'main', ...container }, sources(services));
}

test('references to other variables are expanded in the order of their definition', () => {
  const env = [
    { name: 'A', value: 'a' },
    { name: 'B', value: '$(A)-$(C)-$$(A)' },
    { name: 'C', value: 'c' },
  ];
  assert.deepEqual(environment({ env }), { A: 'a', B: 'a-$(C)-$(A)', C: 'c' });
  assert.equal(expand('$(X) $(', { X: '1' }), '1 $(');
});

test('values come from ConfigMaps, Secrets and the pod itself, own ones over those taken whole', () => {
  const envFrom = [{ configMapRef: { name: 'map' } }, { prefix: 'S_', secretRef: { name: 'secret' } }];
  const env = [
    { name: 'KEY', valueFrom: { secretKeyRef: { name: 'secret', key: 'key' } } },
    { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
    { name: 'color', value: 'blue' },
  ];
  assert.deepEqual(environment({ envFrom, env }), {
    color: 'blue',
    S_key: 'hidden',
    KEY: 'hidden',
    IP: '10.0.0.1',
    APP: 'web',
  });
});

test('a reference that leads nowhere is said, unless it is optional', () => {
  const ref = (name: string, key: string, optional = false) => [
    { name: 'X', valueFrom: { configMapKeyRef: { name, key, optional } } },
  ];
  assert.throws(() => environment({ env: ref('none', 'a') }), {
    name: 'ConfigError',
    message: 'configmap "none" not found',
  });
  assert.throws(() => environment({ env: ref('map', 'a') }), { name: 'ConfigError', message: /couldn't find key a/ });
  assert.deepEqual(environment({ env: ref('none', 'a', true) }), {});
  assert.throws(() => environment({ envFrom: [{ secretRef: { name: 'none' } }] }), { name: 'ConfigError' });
  assert.deepEqual(environment({ envFrom: [{ secretRef: { name: 'none', optional: true } }] }), {});
});

test('Services are told by variables, headless ones are not', () => {
  const service = (clusterIP: string): Service => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...meta, name: 'my-db' },
    spec: { clusterIP, ports: [{ name: 'sql', port: 5432 }] },
  });
  assert.deepEqual(serviceVariables(service('None')), {});
  const variables = environment({}, [service('10.96.0.7')]);
  assert.equal(variables['MY_DB_SERVICE_HOST'], '10.96.0.7');
  assert.equal(variables['MY_DB_SERVICE_PORT_SQL'], '5432');
  assert.equal(variables['MY_DB_PORT_5432_TCP_ADDR'], '10.96.0.7');
});
