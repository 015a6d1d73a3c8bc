import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStatus } from '../../api/status.ts';
import { decodeProtobuf } from './decode.ts';

// A small encoder: what Go's client would send, written by field numbers.
type Value = string | number | Uint8Array;

function message(...fields: [number, Value][]): Uint8Array {
  return Buffer.concat(fields.map(([number, value]) => field(number, value)));
}

function field(number: number, value: Value): Buffer {
  if (typeof value === 'number') return Buffer.concat([varint(number << 3), varint(value)]);
  const bytes = Buffer.from(value as string);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.byteLength), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

function envelope(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const unknown = message([1, message([1, apiVersion], [2, kind])], [2, raw]);
  return Buffer.concat([Buffer.from('k8s\0'), unknown]);
}

const LABEL = message([1, 'app'], [2, 'web']);

test('an object in protobuf reads as its JSON: maps, lists, bytes, numbers below zero', () => {
  const metadata = message(
    [1, 'a'],
    [2, ''],
    [3, 'default'],
    [11, LABEL],
    [14, 'x.y/z'],
    [14, 'u.v/w'],
    [8, new Uint8Array()],
  );
  const configMap = envelope(
    'v1',
    'ConfigMap',
    message([1, metadata], [2, message([1, 'k'], [2, 'v'])], [3, message([1, 'b'], [2, 'hi'])]),
  );
  assert.deepEqual(decodeProtobuf(configMap), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'default', labels: { app: 'web' }, finalizers: ['x.y/z', 'u.v/w'] },
    data: { k: 'v' },
    binaryData: { b: 'aGk=' },
  });
  const deployment = envelope('apps/v1', 'Deployment', message([2, message([1, -3])]));
  assert.deepEqual(decodeProtobuf(deployment), { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: -3 } });
});

test('a zero is kept where Go says whether it was set, and left out elsewhere', () => {
  const deployment = envelope('apps/v1', 'Deployment', message([2, message([1, 0], [5, 0], [7, 0])]));
  assert.deepEqual((decodeProtobuf(deployment) as { spec: unknown }).spec, { replicas: 0 });
});

test('quantities, times, numbers or names, and parts merged into their parent', () => {
  const limits = message([1, 'cpu'], [2, message([1, '500m'])]);
  const byName = message([1, 1], [2, 0], [3, 'http']);
  const probe = message([1, message([2, message([1, '/'], [2, byName])])], [3, 5]);
  const container = message([1, 'c'], [8, message([1, limits])], [11, probe]);
  const volume = message([1, 'v'], [2, message([2, message([1, 'Memory'])])]);
  const metadata = message([8, message([1, 1_767_225_600], [2, 0])]);
  const pod = envelope('v1', 'Pod', message([1, metadata], [2, message([1, volume], [2, container])]));
  assert.deepEqual(decodeProtobuf(pod), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }],
      containers: [
        {
          name: 'c',
          resources: { limits: { cpu: '500m' } },
          readinessProbe: { httpGet: { path: '/', port: 'http' }, timeoutSeconds: 5 },
        },
      ],
    },
  });
});

test('what is no protobuf, or of a kind that has none, is refused', () => {
  const broken = [
    Buffer.from('{"kind":"Pod"}'),
    envelope('v1', 'Pod', Uint8Array.of(0x0a, 0x7f, 0x01)),
    envelope('v1', 'Pod', Uint8Array.of(0x08)),
    envelope('v1', 'Pod', Uint8Array.of(0x0b)),
    envelope('segue.dev/v1', 'PodRelease', new Uint8Array()),
    envelope('v1', 'Nothing', new Uint8Array()),
  ];
  for (const bytes of broken)
    assert.throws(
      () => decodeProtobuf(bytes),
      (error) => isStatus(error, 'BadRequest'),
    );
});
