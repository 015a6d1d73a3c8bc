import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice } from '../types/discovery.ts';
import { endpointSliceKind } from './endpointslice.ts';
import { cells, created, metadata, problems, stepProblems } from './fixtures.ts';

function slice(more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(),
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'] }],
    ports: [{ port: 80 }],
    ...more,
  };
}

test('ports get a name and a protocol', () => {
  assert.deepEqual(created(endpointSliceKind, slice()).ports, [{ name: '', port: 80, protocol: 'TCP' }]);
});

test('addresses are of the type the slice says', () => {
  assert.deepEqual(problems(endpointSliceKind, slice()), []);
  assert.deepEqual(problems(endpointSliceKind, slice({ addressType: 'IPv6' })), [
    'endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be an IPv6 address',
  ]);
  assert.deepEqual(problems(endpointSliceKind, slice({ addressType: 'Port' as 'IPv4', endpoints: [] })), [
    'addressType: Unsupported value: "Port": supported values: "FQDN", "IPv4", "IPv6"',
  ]);
  assert.deepEqual(problems(endpointSliceKind, slice({ endpoints: [{ addresses: [] }] })), [
    'endpoints[0].addresses: Required value: must contain at least 1 address',
  ]);
});

test('a slice is bounded, and its ports are told apart', () => {
  const many = Array.from({ length: 1001 }, () => ({ addresses: ['10.0.0.1'] }));
  assert.deepEqual(problems(endpointSliceKind, slice({ endpoints: many })), [
    'endpoints: Too many: 1001: must have at most 1000 items',
  ]);
  assert.deepEqual(problems(endpointSliceKind, slice({ ports: [{ port: 80 }, { port: 0 }] })), [
    'ports[1].name: Duplicate value: ""',
    'ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive',
  ]);
});

test('the address type stays', () => {
  assert.deepEqual(stepProblems(endpointSliceKind, slice({ addressType: 'IPv6', endpoints: [] }), slice()), [
    'addressType: Invalid value: "IPv6": field is immutable',
  ]);
});

test('a row shows three ports and three addresses, then how many more', () => {
  const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'];
  const object = slice({
    endpoints: addresses.map((address) => ({ addresses: [address] })),
    ports: [{ port: 80 }, {}],
  });
  assert.deepEqual(cells(endpointSliceKind, object), {
    Name: 'web',
    AddressType: 'IPv4',
    Ports: '80,*',
    Endpoints: '10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...',
    Age: '5m12s',
  });
  const empty = cells(endpointSliceKind, slice({ endpoints: [], ports: [] }));
  assert.deepEqual([empty['Ports'], empty['Endpoints']], ['<unset>', '<unset>']);
});
