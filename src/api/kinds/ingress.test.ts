import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ingress, IngressRule } from '../types/networking.ts';
import { cells, created, metadata, problems } from './fixtures.ts';
import { ingressKind } from './ingress.ts';

const backend = { service: { name: 'web', port: { number: 80 } } };

function ingress(spec: Ingress['spec'] = { defaultBackend: backend }): Ingress {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: metadata(), ...(spec ? { spec } : {}) };
}

type Path = NonNullable<IngressRule['http']>['paths'][number];

function path(more: Partial<Path>): string[] {
  const paths: Path[] = [{ path: '/', pathType: 'Prefix', backend, ...more }];
  return problems(ingressKind, ingress({ rules: [{ http: { paths } }] })).map((line) =>
    line.replace('spec.rules[0].http.paths[0].', ''),
  );
}

test('an ingress routes somewhere', () => {
  assert.deepEqual(problems(ingressKind, ingress()), []);
  assert.deepEqual(problems(ingressKind, ingress({})), [
    'spec: Invalid value: {}: either `defaultBackend` or `rules` must be specified',
  ]);
  assert.deepEqual(problems(ingressKind, ingress({ rules: [{ http: { paths: [] } }] })), [
    'spec.rules[0].http.paths: Required value',
  ]);
});

test('paths are absolute, and say how they match', () => {
  assert.deepEqual(path({}), []);
  assert.deepEqual(path({ pathType: undefined as unknown as 'Exact' }), [
    'pathType: Required value: pathType must be specified',
  ]);
  assert.deepEqual(path({ pathType: 'Regex' as 'Exact' }), [
    'pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
  ]);
  assert.deepEqual(path({ path: 'a' }), ['path: Invalid value: "a": must be an absolute path']);
  assert.deepEqual(path({ path: '/a//b/..' }), [
    'path: Invalid value: "/a//b/..": must not contain \'//\'',
    'path: Invalid value: "/a//b/..": cannot end with \'/..\'',
  ]);
  assert.deepEqual(path({ pathType: 'ImplementationSpecific', path: '' }), []);
});

test('a backend is one service with one port, or one resource', () => {
  assert.deepEqual(path({ backend: { service: { name: 'web' } } }), [
    'backend: Required value: port name or number is required',
  ]);
  assert.deepEqual(path({ backend: { service: { name: 'web', port: { name: 'a', number: 1 } } } }), [
    'backend: Invalid value: "": cannot set both port name & port number',
  ]);
  assert.deepEqual(path({ backend: { ...backend, resource: { kind: 'Bucket', name: 'b' } } }), [
    'backend: Invalid value: "": cannot set both resource and service backends',
  ]);
  assert.deepEqual(path({ backend: { resource: { kind: 'Bucket', name: '' } } }), [
    'backend.resource.name: Required value',
  ]);
});

test('hosts are names, with a star at most in front', () => {
  const host = (name: string) => problems(ingressKind, ingress({ rules: [{ host: name }] }));
  assert.deepEqual(host('shop.example.com'), []);
  assert.deepEqual(host('*.example.com'), []);
  assert.deepEqual(host('10.0.0.1'), [
    'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ]);
  assert.match(
    host('a.*.com').join(),
    /^spec\.rules\[0\]\.host: Invalid value: "a\.\*\.com": a wildcard DNS-1123 subdomain/,
  );
});

test('a row shows what kubectl shows', () => {
  const object = created(
    ingressKind,
    ingress({ ingressClassName: 'segue', rules: [{ host: 'a.b' }, { host: 'c.d' }], tls: [{ hosts: ['a.b'] }] }),
  );
  object.status = { loadBalancer: { ingress: [{ ip: '127.0.0.2' }] } };
  assert.deepEqual(cells(ingressKind, object), {
    Name: 'web',
    Class: 'segue',
    Hosts: 'a.b,c.d',
    Address: '127.0.0.2',
    Ports: '80, 443',
    Age: '5m12s',
  });
  const plain = cells(ingressKind, created(ingressKind, ingress()));
  assert.deepEqual([plain['Class'], plain['Hosts'], plain['Address'], plain['Ports']], ['<none>', '*', '', '80']);
});
