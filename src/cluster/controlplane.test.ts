import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointConsumers } from '../api/resources.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { systemClock } from '../base/system.ts';
import { Informer } from '../client/informer.ts';
import { MemoryStore } from '../store/memory/memorystore.ts';
import { createControlPlane, memoryRevision } from './controlplane.ts';

const env = { clock: systemClock, random: seededRandom(1), log: silentLog };

test('what lives in memory begins above all that an earlier start has reached, and can be watched from there', async () => {
  const began = memoryRevision(env);
  const store = new MemoryStore({ revision: began });
  const plane = await createControlPlane({ env, store, level: 'Observed', kubelets: () => undefined });
  const seen = Promise.withResolvers<number>();
  const informer = new Informer(plane.client('test'), endpointConsumers, { env })
    .onChange(({ object }) => object && seen.resolve(Number(object.metadata.resourceVersion)))
    .start();
  try {
    await informer.synced;
    await plane
      .client('test')
      .of(endpointConsumers)
      .create({
        apiVersion: 'segue.dev/v1',
        kind: 'EndpointConsumer',
        metadata: { name: 'node-1.proxy' },
        spec: { component: 'proxy', nodeName: 'node-1', role: 'Consumer', leaseDurationSeconds: 10 },
      });
    assert.ok((await seen.promise) > began);
  } finally {
    await informer.stop();
    await plane.stop();
    await store.close();
  }
});
