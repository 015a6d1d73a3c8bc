import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointConsumer } from '../types/segue.ts';
import { endpointConsumerKind } from './endpointconsumer.ts';
import { cells, created, metadata, problems, secondsAgo, stepProblems } from './fixtures.ts';

function consumer(spec: Partial<EndpointConsumer['spec']> = {}): EndpointConsumer {
  const { namespace: _, ...rest } = metadata({ name: 'node-1.proxy' });
  const base = { component: 'proxy', nodeName: 'node-1' } as EndpointConsumer['spec'];
  return { apiVersion: 'segue.dev/v1', kind: 'EndpointConsumer', metadata: rest, spec: { ...base, ...spec } };
}

test('a consumer routes, and renews its lease within ten seconds, unless it says otherwise', () => {
  const object = created(endpointConsumerKind, consumer());
  assert.deepEqual(object.spec, { component: 'proxy', nodeName: 'node-1', role: 'Consumer', leaseDurationSeconds: 10 });
  assert.equal(object.status, undefined);
});

test('a consumer says what it is, and keeps being it', () => {
  assert.deepEqual(
    problems(endpointConsumerKind, consumer({ component: '', role: 'Both' as 'Consumer', leaseDurationSeconds: 0 })),
    [
      'spec.component: Required value',
      'spec.role: Unsupported value: "Both": supported values: "Consumer", "Publisher"',
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    ],
  );
  assert.deepEqual(
    stepProblems(endpointConsumerKind, consumer({ role: 'Publisher', nodeName: 'node-2' }), consumer()),
    [
      'spec.nodeName: Invalid value: "node-2": field is immutable',
      'spec.role: Invalid value: "Publisher": field is immutable',
    ],
  );
});

test('its number is a resource version', () => {
  const object = consumer();
  object.status = { observedResourceVersion: 'soon', publishedResourceVersion: '12' };
  assert.deepEqual(problems(endpointConsumerKind, object), [
    'status.observedResourceVersion: Invalid value: "soon": must be a resource version: a whole number in decimal digits',
  ]);
});

test('a row shows how far it has come', () => {
  const object = created(endpointConsumerKind, consumer());
  assert.equal(cells(endpointConsumerKind, object)['Observed'], '<none>');
  object.status = { observedResourceVersion: '42', renewTime: secondsAgo(3) };
  assert.deepEqual(cells(endpointConsumerKind, object), {
    Name: 'node-1.proxy',
    Component: 'proxy',
    Node: 'node-1',
    Observed: '42',
    Published: '<none>',
    Renewed: '3s',
    Age: '5m12s',
    Role: 'Consumer',
    Lease: 10,
  });
});
