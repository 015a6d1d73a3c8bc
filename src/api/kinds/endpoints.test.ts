import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoints } from '../types/core.ts';
import { endpointsKind } from './endpoints.ts';
import { cells, metadata, problems } from './fixtures.ts';

function endpoints(subsets?: Endpoints['subsets']): Endpoints {
  return { apiVersion: 'v1', kind: 'Endpoints', metadata: metadata(), ...(subsets ? { subsets } : {}) };
}

test('a row shows three addresses that are ready, then how many more', () => {
  const addresses = [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }];
  const notReadyAddresses = [{ ip: '10.0.0.9' }];
  const ports = [
    { name: 'a', port: 80 },
    { name: 'b', port: 81 },
  ];
  assert.deepEqual(cells(endpointsKind, endpoints([{ addresses, notReadyAddresses, ports }])), {
    Name: 'web',
    Endpoints: '10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more...',
    Age: '5m12s',
  });
  assert.equal(cells(endpointsKind, endpoints([{ addresses }]))['Endpoints'], '10.0.0.1,10.0.0.2');
  assert.equal(cells(endpointsKind, endpoints())['Endpoints'], '<none>');
});

test('a subset has addresses, and ports that are told apart', () => {
  const ports = [{ port: 0 }, { name: 'b', port: 81 }];
  assert.deepEqual(problems(endpointsKind, endpoints([{}, { addresses: [{ ip: 'x' }], ports }])), [
    'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
    'subsets[1].addresses[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'subsets[1].ports[0].name: Required value',
    'subsets[1].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
  ]);
});
