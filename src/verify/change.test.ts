import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, pods } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { Deployment } from '../api/types/apps.ts';
import { startTestCluster, type TestCluster } from '../client/client.fixture.ts';
import { parseChange, VerifyError } from './change.ts';

async function changed(cluster: TestCluster, text: string): Promise<Deployment> {
  const { client, clock } = cluster;
  const change = parseChange(text);
  assert.deepEqual([change.text, change.target], [text, { kind: 'Deployment', name: 'web' }]);
  await change.make(client, { namespace: 'shop', clock });
  return client.of(deployments).get('web', { namespace: 'shop' });
}

async function startShop(): Promise<TestCluster> {
  const cluster = await startTestCluster();
  const labels = { app: 'web' };
  const containers = [
    { name: 'server', image: 'a', env: [{ name: 'KEPT', value: '1' }] },
    { name: 'side', image: 'b' },
  ];
  await cluster.client.request({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { object: { metadata: { name: 'shop' } } },
    headers: { 'content-type': 'application/json' },
  });
  await cluster.client.of(deployments).create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  } as Parameters<ReturnType<typeof cluster.client.of<Deployment>>['create']>[0]);
  return cluster;
}

const containersOf = ({ spec }: Deployment) => spec.template.spec.containers;

test('set env sets variables in every container and keeps the others', async () => {
  await using cluster = await startShop();
  const text = `kubectl set env deploy/web VERSION=2 EMPTY= "GREETING=hello there" TOLD='a "b"' URL=a=b`;
  const [server, side] = containersOf(await changed(cluster, text)).map(({ env = [] }) =>
    Object.fromEntries(env.map(({ name, value }) => [name, value ?? ''])),
  );
  const set = { VERSION: '2', EMPTY: '', GREETING: 'hello there', TOLD: 'a "b"', URL: 'a=b' };
  assert.deepEqual(side, set);
  assert.deepEqual(server, { KEPT: '1', ...set });
});

test('set image changes the containers that are named, or all', async () => {
  await using cluster = await startShop();
  const images = async (text: string) => containersOf(await changed(cluster, text)).map(({ image }) => image);
  assert.deepEqual(await images('set image deployment/web side=c:1'), ['a', 'c:1']);
  assert.deepEqual(await images('set image deployments web server=d side=e'), ['d', 'e']);
  assert.deepEqual(await images('set image deployment.apps/web *=f'), ['f', 'f']);
});

test('set image refuses a container that is not there and changes nothing', async () => {
  await using cluster = await startShop();
  await assert.rejects(changed(cluster, 'set image deploy/web server=z nope=z'), (error) => {
    return error instanceof VerifyError && /it has no container nope, need one of server, side$/.test(error.message);
  });
  const { metadata } = await cluster.client.of(deployments).get('web', { namespace: 'shop' });
  assert.equal(metadata.generation, 1);
});

test('rollout restart marks the template as kubectl does', async () => {
  await using cluster = await startShop();
  const { spec } = await changed(cluster, 'rollout restart deploy/web');
  assert.deepEqual(spec.template.metadata?.annotations, {
    'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z',
  });
});

test('scale sets the number of replicas, in either way to write it', async () => {
  await using cluster = await startShop();
  assert.equal((await changed(cluster, 'scale deploy/web --replicas=4')).spec.replicas, 4);
  assert.equal((await changed(cluster, 'scale --replicas 0 deployment web')).spec.replicas, 0);
});

test('delete removes the pod', async () => {
  await using cluster = await startShop();
  const { client, clock } = cluster;
  const spec = { containers: [{ name: 'a', image: 'a' }] };
  await client.of(pods).create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', namespace: 'shop' }, spec });
  const change = parseChange('delete pod one');
  assert.deepEqual(change.target, { kind: 'Pod', name: 'one' });
  await change.make(client, { namespace: 'shop', clock });
  await assert.rejects(client.of(pods).get('one', { namespace: 'shop' }), (error) => isStatus(error, 'NotFound'));
});

test('a change to what is not there is what the server says', async () => {
  await using cluster = await startShop();
  const { client, clock } = cluster;
  for (const text of ['set env deploy/none A=1', 'scale deploy/none --replicas=1', 'delete pod/none']) {
    await assert.rejects(parseChange(text).make(client, { namespace: 'shop', clock }), (error) =>
      isStatus(error, 'NotFound'),
    );
  }
});

const REFUSED = [
  '',
  'dance',
  'set',
  'set env',
  'set env deploy/web',
  'set env deploy/web A',
  'set env deploy/web A-',
  'set env deploy/web =1',
  'set env pod/web A=1',
  'set env deploy/ A=1',
  'set env deploy/web/x A=1',
  'set env constructor/web A=1',
  'set env deploy/web A="1',
  'set image deploy/web',
  'set image deploy/web server=',
  'set image statefulset/web a=b',
  'rollout undo deploy/web',
  'rollout restart',
  'rollout restart pod/a',
  'rollout restart deploy/web deploy/api',
  'scale deploy/web',
  'scale deploy/web --replicas=',
  'scale deploy/web --replicas=-1',
  'scale deploy/web --replicas=1.5',
  'scale deploy/web --replicas',
  'scale pod/web --replicas=1',
  'delete',
  'delete deploy/web',
  'delete pod/a pod/b',
  'delete pod/a --grace-period=0',
  'delete pod --all',
];

for (const text of REFUSED) {
  test(`the change ${JSON.stringify(text)} is refused with the forms that are known`, () => {
    assert.throws(
      () => parseChange(text),
      (error) => {
        return (
          error instanceof VerifyError &&
          error.message.startsWith(`Cannot make the change "${text}": need one of set env`)
        );
      },
    );
  });
}
