import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../api/resources.ts';
import type { KubeObject } from '../api/types/meta.ts';
import { startTestCluster } from '../client/client.fixture.ts';
import { Client } from '../client/client.ts';
import { TransportError } from '../client/transport.ts';
import { workloadsReady } from './workloads.ts';

const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', namespace: 'default' } };
const MANIFESTS = [{ file: 'a.yaml', resource: pods, object: POD as unknown as KubeObject }];

test('waiting ends when the pod is ready', async () => {
  await using cluster = await startTestCluster();
  const { client, env } = cluster;
  const waiting = workloadsReady(client, MANIFESTS, { env, signal: new AbortController().signal });
  await client.of(pods).create({ ...POD, kind: 'Pod', spec: { containers: [{ name: 'a', image: 'a' }] } });
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  await client.of(pods).patch('one', { status }, { namespace: 'default', subresource: 'status' });
  assert.deepEqual(await waiting, []);
});

test('at the end of patience, what is not ready is named, and the signal ends the wait at once', async () => {
  await using cluster = await startTestCluster();
  const { client, env, clock } = cluster;
  const late = workloadsReady(client, MANIFESTS, { env, signal: new AbortController().signal, patienceMs: 1_000 });
  await clock.advance(1_000);
  assert.deepEqual(await late, ['pod default/one']);
  assert.deepEqual(await workloadsReady(client, MANIFESTS, { env, signal: AbortSignal.abort() }), ['pod default/one']);
});

test('patience also ends when the server never answers', async () => {
  await using cluster = await startTestCluster();
  const away = new Client(() => Promise.reject(new TransportError('away')));
  const { env, clock } = cluster;
  const late = workloadsReady(away, MANIFESTS, { env, signal: new AbortController().signal, patienceMs: 1_000 });
  await clock.advance(1_000);
  assert.deepEqual(await late, ['pod default/one']);
});
