import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, deployments, namespaces, services } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { Deployment } from '../api/types/apps.ts';
import type { KubeObject } from '../api/types/meta.ts';
import { apply, LAST_APPLIED_ANNOTATION } from './apply.ts';
import { startTestCluster } from './client.fixture.ts';
import type { Client } from './client.ts';

function manifest(kind: string, name: string, rest: object, metadata: object = {}): KubeObject {
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  return { apiVersion, kind, metadata: { name, ...metadata }, ...rest } as unknown as KubeObject;
}

function web(template: object, spec: object = {}): KubeObject {
  const labels = { app: 'web' };
  return manifest('Deployment', 'web', {
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: template }, ...spec },
  });
}

const applyDeployment = (client: Client, object: KubeObject) =>
  apply(client, deployments, object).then((result) => result.object as Deployment);

test('an object is created, then unchanged, then configured', async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  const first = await apply(client, configMaps, manifest('ConfigMap', 'a', { data: { x: '1' } }));
  const second = await apply(client, configMaps, manifest('ConfigMap', 'a', { data: { x: '1' } }));
  const third = await apply(client, configMaps, manifest('ConfigMap', 'a', { data: { x: '2' } }));
  assert.deepEqual([first.applied, second.applied, third.applied], ['created', 'unchanged', 'configured']);
  assert.equal(first.object.metadata.namespace, 'default');
  assert.deepEqual((await client.of(configMaps).get('a', { namespace: 'default' })).data, { x: '2' });
});

test('a cluster-scoped object is applied without a namespace', async () => {
  await using cluster = await startTestCluster();
  const { applied } = await apply(cluster.client, namespaces, manifest('Namespace', 'shop', {}));
  assert.equal(applied, 'created');
  assert.equal((await cluster.client.of(namespaces).get('shop')).metadata.namespace, undefined);
});

test('fields, labels and annotations that the manifest no longer names are removed, those of others stay', async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  const before = manifest(
    'ConfigMap',
    'a',
    { data: { x: '1', y: '2' } },
    { labels: { k: '1', l: '1' }, annotations: { n: '1' } },
  );
  await apply(client, configMaps, before);
  const others = { metadata: { annotations: { theirs: '1' }, labels: { theirs: '1' } }, data: { theirs: '1' } };
  await client.of(configMaps).patch('a', others, { namespace: 'default' });
  const { object } = await apply(
    client,
    configMaps,
    manifest('ConfigMap', 'a', { data: { x: '1' } }, { labels: { k: '1' } }),
  );
  const { [LAST_APPLIED_ANNOTATION]: record, ...annotations } = object.metadata.annotations ?? {};
  assert.deepEqual((object as { data?: object }).data, { x: '1', theirs: '1' });
  assert.deepEqual(annotations, { theirs: '1' });
  assert.deepEqual(object.metadata.labels, { k: '1', theirs: '1' });
  assert.deepEqual(JSON.parse(record ?? '').data, { x: '1' });
});

test('containers, variables and ports that the manifest no longer names are removed from their lists', async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  const server = { name: 'server', image: 'node' };
  const env = [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
  ];
  const ports = [{ containerPort: 80 }, { containerPort: 81 }];
  await applyDeployment(
    client,
    web({
      containers: [
        { ...server, env, ports },
        { name: 'side', image: 'busybox' },
      ],
    }),
  );
  const injected = { spec: { template: { spec: { containers: [{ name: 'theirs', image: 'busybox' }] } } } };
  await client.of(deployments).patch('web', injected, { namespace: 'default', type: 'strategic' });
  const after = web({ containers: [{ ...server, env: env.slice(1), ports: ports.slice(0, 1) }] });
  const { containers } = (await applyDeployment(client, after)).spec.template.spec;
  const own = containers.find(({ name }) => name === 'server');
  assert.deepEqual(containers.map(({ name }) => name).sort(), ['server', 'theirs']);
  assert.deepEqual(own?.env, [{ name: 'B', value: '2' }]);
  assert.deepEqual(
    own?.ports?.map(({ containerPort }) => containerPort),
    [80],
  );
});

test('finalizers that the manifest no longer names are removed, those of others stay', async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  const finalizers = ['example.com/a', 'example.com/b'];
  await apply(client, configMaps, manifest('ConfigMap', 'a', {}, { finalizers }));
  const theirs = { metadata: { finalizers: ['example.com/theirs'] } };
  await client.of(configMaps).patch('a', theirs, { namespace: 'default', type: 'strategic' });
  const after = manifest('ConfigMap', 'a', {}, { finalizers: finalizers.slice(0, 1) });
  const { object } = await apply(client, configMaps, after);
  assert.deepEqual([...(object.metadata.finalizers ?? [])].sort(), ['example.com/a', 'example.com/theirs']);
});

test('what the server chose stays: node ports, cluster addresses and replicas that the manifest does not name', async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  const spec = { type: 'NodePort', selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }] };
  await apply(client, services, manifest('Service', 'web', { spec }));
  const before = await client.of(services).get('web', { namespace: 'default' });
  await apply(client, services, manifest('Service', 'web', { spec: { ...spec, selector: { app: 'other' } } }));
  const after = await client.of(services).get('web', { namespace: 'default' });
  assert.equal(after.spec.clusterIP, before.spec.clusterIP);
  assert.equal(after.spec.ports?.[0]?.nodePort, before.spec.ports?.[0]?.nodePort);
  const containers = [{ name: 'server', image: 'node' }];
  await applyDeployment(client, web({ containers }));
  await client.of(deployments).patch('web', { spec: { replicas: 5 } }, { namespace: 'default' });
  assert.equal(
    (await applyDeployment(client, web({ containers: [{ name: 'server', image: 'node:2' }] }))).spec.replicas,
    5,
  );
});

test('a choice between several ways is changed as a whole: the old way leaves no fields behind', async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  const containers = [{ name: 'server', image: 'node' }];
  const data = (source: object) => ({ containers, volumes: [{ name: 'data', ...source }] });
  await applyDeployment(client, web(data({ emptyDir: {} })));
  const changed = web(data({ configMap: { name: 'c' } }), { strategy: { type: 'Recreate' } });
  const { spec } = await applyDeployment(client, changed);
  assert.deepEqual(spec.strategy, { type: 'Recreate' });
  assert.deepEqual(Object.keys(spec.template.spec.volumes?.[0] ?? {}).sort(), ['configMap', 'name']);
  assert.equal((await apply(client, deployments, changed)).applied, 'unchanged');
});

test('kubectl and we take turns by the annotation that kubectl keeps', async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  const record = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { annotations: {}, name: 'a', namespace: 'default' },
  };
  const text = `${JSON.stringify({ ...record, data: { x: '1', y: '2' } })}\n`;
  const metadata = { name: 'a', namespace: 'default', annotations: { [LAST_APPLIED_ANNOTATION]: text } };
  await client.of(configMaps).create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { x: '1', y: '2' } });
  const { object } = await apply(client, configMaps, manifest('ConfigMap', 'a', { data: { x: '1' } }));
  assert.deepEqual((object as { data?: object }).data, { x: '1' });
  assert.deepEqual(JSON.parse(object.metadata.annotations?.[LAST_APPLIED_ANNOTATION] ?? ''), {
    ...record,
    data: { x: '1' },
  });
});

test('an object whose record of what was applied is broken is refused by name', async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  for (const text of ['{', '[]', 'null']) {
    const metadata = { name: 'a', namespace: 'default', annotations: { [LAST_APPLIED_ANNOTATION]: text } };
    await client.of(configMaps).create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    await assert.rejects(
      apply(client, configMaps, manifest('ConfigMap', 'a', {})),
      (error) =>
        isStatus(error, 'BadRequest') && /Cannot apply a: its annotation .* is no JSON object/.test(error.message),
    );
    await client.of(configMaps).delete('a', { namespace: 'default' });
  }
});
