import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments } from '../api/resources.ts';
import type { Deployment, DeploymentStatus } from '../api/types/apps.ts';
import type { Pod } from '../api/types/core.ts';
import { startTestServer } from '../apiserver/apiserver.fixture.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { systemClock } from '../base/system.ts';
import { Client } from '../client/client.ts';
import { inProcessTransport } from '../client/transport.ts';
import { isSettled, untilSettled } from './settled.ts';

const ENV = { clock: systemClock, random: seededRandom(1), log: silentLog };
const DONE: DeploymentStatus = { observedGeneration: 2, replicas: 4, updatedReplicas: 4, availableReplicas: 4 };
const META = { namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };

function deployment(status: DeploymentStatus): Deployment {
  const spec = { replicas: 4, selector: {}, template: { spec: { containers: [] } } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { ...META, name: 'web', generation: 2 }, spec, status };
}

function pod(deletionTimestamp?: string): Pod {
  const metadata = { ...META, name: 'web-a', ...(deletionTimestamp ? { deletionTimestamp } : {}) };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] } };
}

test('a rollout is complete when every pod is of the new revision and available, and none is leaving', () => {
  assert.equal(isSettled({ deployments: [deployment(DONE)], pods: [pod()] }), true);
  assert.equal(isSettled({ deployments: [deployment(DONE)], pods: [pod('2026-01-01T00:00:01Z')] }), false);
});

const UNDER_WAY: Record<string, Partial<DeploymentStatus>> = {
  'the controller has not seen the change': { observedGeneration: 1 },
  'a pod is still to be replaced': { updatedReplicas: 3 },
  'an old pod is still there': { replicas: 5 },
  'a new pod is not available': { availableReplicas: 3 },
};

for (const [what, status] of Object.entries(UNDER_WAY)) {
  test(`a rollout is not complete while ${what}`, () => {
    assert.equal(isSettled({ deployments: [deployment({ ...DONE, ...status })], pods: [] }), false);
  });
}

test('waiting ends with the write that completes the rollout, or with the signal', async () => {
  await using server = await startTestServer();
  const client = new Client(inProcessTransport(server.handle, { name: 'verify', groups: [] }));
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web' }] } };
  const created = await client.of(deployments).create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 4, selector: { matchLabels: { app: 'web' } }, template },
  });
  const late = new AbortController();
  const given = untilSettled(client, { env: ENV, namespace: 'default', signal: late.signal });
  const settled = untilSettled(client, { env: ENV, namespace: 'default', signal: new AbortController().signal });
  late.abort(new Error('the load has ended'));
  await assert.rejects(given, /the load has ended/);
  await client.of(deployments).updateStatus({ ...created, status: { ...DONE, observedGeneration: 1 } });
  await settled;
});
