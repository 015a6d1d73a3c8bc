import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPodReady, selects, targetPortOf } from './servicepods.ts';
import type { Pod, Service } from './types/core.ts';

const meta = { name: 'x', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };

function service(selector?: Record<string, string>): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: meta, spec: selector ? { selector } : {} };
}

function pod(labels?: Record<string, string>): Pod {
  const ports = [
    { name: 'web', containerPort: 8080 },
    { name: 'web', containerPort: 8081, protocol: 'UDP' as const },
  ];
  const spec = { containers: [{ name: 'main', ports }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...meta, ...(labels ? { labels } : {}) }, spec };
}

test('a Service selects the pods that have all of its labels', () => {
  const web = service({ app: 'web', tier: 'front' });
  assert.equal(selects(web, pod({ app: 'web', tier: 'front', more: 'x' })), true);
  assert.equal(selects(web, pod({ app: 'web' })), false);
  assert.equal(selects(web, pod()), false);
  assert.equal(selects(web, pod({ app: 'web', tier: 'front' })), true, 'asked again');
});

test('a Service without a selector, or with an empty one, selects nothing', () => {
  assert.equal(selects(service(), pod({ app: 'web' })), false);
  assert.equal(selects(service({}), pod({ app: 'web' })), false);
});

test('a target port is a number, or a name that the pod gives one for that protocol', () => {
  assert.equal(targetPortOf(pod(), { port: 80 }), 80);
  assert.equal(targetPortOf(pod(), { port: 80, targetPort: 3000 }), 3000);
  assert.equal(targetPortOf(pod(), { port: 80, targetPort: 'web' }), 8080);
  assert.equal(targetPortOf(pod(), { port: 80, targetPort: 'web', protocol: 'UDP' }), 8081);
  assert.equal(targetPortOf(pod(), { port: 80, targetPort: 'other' }), undefined);
});

test('a pod is ready when its condition says so', () => {
  const withReady = (status: 'True' | 'False') => ({ ...pod(), status: { conditions: [{ type: 'Ready', status }] } });
  assert.deepEqual([pod(), withReady('False'), withReady('True')].map(isPodReady), [false, false, true]);
});
