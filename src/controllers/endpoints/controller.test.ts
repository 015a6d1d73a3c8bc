import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoints, pods, services } from '../../api/resources.ts';
import { startTestCluster } from '../../client/client.fixture.ts';
import { EndpointsController } from './controller.ts';

const namespace = 'default';

test('Endpoints come with a Service, follow its pods and go with it; those of nobody are left alone', async () => {
  await using cluster = await startTestCluster();
  const { client, clock, env } = cluster;
  const own = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'own', namespace }, subsets: [] };
  await client.of(endpoints).create(own);
  const controller = new EndpointsController(client, { env });
  await controller.start();
  const spec = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] };
  await client.of(services).create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace }, spec });
  const metadata = { name: 'web-1', namespace, labels: { app: 'web' } };
  const podSpec = { containers: [{ name: 'main', image: 'app' }] };
  await client.of(pods).create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: podSpec });
  const status = { phase: 'Running', podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] };
  await client.of(pods).patch('web-1', { status }, { namespace, subresource: 'status' });
  await clock.advance(10);
  const [subset] = (await client.of(endpoints).get('web', { namespace })).subsets ?? [];
  assert.deepEqual(
    subset?.addresses?.map(({ ip, targetRef }) => [ip, targetRef?.name]),
    [['10.0.0.1', 'web-1']],
  );
  await client.of(pods).delete('web-1', { namespace, gracePeriodSeconds: 0 });
  await clock.advance(10);
  assert.deepEqual((await client.of(endpoints).get('web', { namespace })).subsets ?? [], []);
  await client.of(services).delete('web', { namespace });
  await clock.advance(10);
  assert.deepEqual(
    (await client.of(endpoints).list({ namespace })).items.map((one) => one.metadata.name),
    ['own'],
  );
  await controller.stop();
});
