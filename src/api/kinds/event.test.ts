import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeEvent } from '../types/core.ts';
import { eventKind } from './event.ts';
import { cells, metadata, problems, secondsAgo } from './fixtures.ts';

function event(more: Partial<KubeEvent> = {}): KubeEvent {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: metadata({ name: 'web.1' }),
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'web', fieldPath: 'spec.containers{app}' },
    ...more,
  };
}

test('a row shows what kubectl shows', () => {
  const object = event({
    type: 'Warning',
    reason: 'BackOff',
    message: ' Back-off restarting\n',
    count: 3,
    firstTimestamp: secondsAgo(90),
    lastTimestamp: secondsAgo(10),
    source: { component: 'kubelet', host: 'node-1' },
  });
  assert.deepEqual(cells(eventKind, object), {
    'Last Seen': '10s',
    Type: 'Warning',
    Reason: 'BackOff',
    Object: 'pod/web',
    Subobject: 'spec.containers{app}',
    Source: 'kubelet, node-1',
    Message: 'Back-off restarting',
    'First Seen': '90s',
    Count: 3,
    Name: 'web.1',
  });
});

test('events of the new shape tell their times and their source elsewhere', () => {
  const object = event({
    eventTime: secondsAgo(20),
    firstTimestamp: null,
    lastTimestamp: null,
    reportingComponent: 'scheduler',
  });
  const once = cells(eventKind, object);
  assert.deepEqual(
    [once['Last Seen'], once['First Seen'], once['Count'], once['Source']],
    ['20s', '20s', 1, 'scheduler'],
  );
  object.series = { count: 7, lastObservedTime: secondsAgo(5) };
  const series = cells(eventKind, object);
  assert.deepEqual([series['Last Seen'], series['First Seen'], series['Count']], ['5s', '20s', 7]);
});

test('an event stands in the namespace of what it is about', () => {
  assert.deepEqual(problems(eventKind, event()), []);
  assert.deepEqual(problems(eventKind, event({ involvedObject: { kind: 'Node', name: 'node-1' } })), []);
  assert.deepEqual(problems(eventKind, event({ involvedObject: { kind: 'Pod', namespace: 'other', name: 'web' } })), [
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ]);
});

test('events are selected by what they are about', () => {
  const fields = eventKind.selectableFields?.(event({ reason: 'Killing', source: { component: 'kubelet' } }));
  assert.equal(fields?.['involvedObject.name'], 'web');
  assert.equal(fields?.['involvedObject.kind'], 'Pod');
  assert.equal(fields?.['involvedObject.uid'], '');
  assert.equal(fields?.['reason'], 'Killing');
  assert.equal(fields?.['source'], 'kubelet');
});
