import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases, nodes, pods } from '../../api/resources.ts';
import type { Node, Pod, Toleration } from '../../api/types/core.ts';
import type { Condition } from '../../api/types/meta.ts';
import { startWorld, type World } from '../garbagecollector/world.fixture.ts';
import { NodeLifecycleController } from './controller.ts';

const LEASES = 'kube-node-lease';

async function startWatched(): Promise<World> {
  const world = await startWorld();
  await createNode(world, 'n1');
  await world.run(new NodeLifecycleController(world.client, { env: world.env }));
  return world;
}

async function createNode(world: World, name: string): Promise<void> {
  await world.client.of(nodes).create({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
  await sayReady(world, name, 'True');
  const kind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.000000Z' };
  await world.client.of(leases).create({ ...kind, metadata: { name, namespace: LEASES }, spec });
}

async function sayReady(world: World, name: string, status: Condition['status']): Promise<void> {
  const options = { type: 'strategic', subresource: 'status' } as const;
  const conditions = [{ type: 'Ready', status, reason: 'KubeletSaid' }];
  await world.client.of(nodes).patch(name, { status: { conditions } }, options);
}

/** Renews with a time that is far off: only that it changes counts. */
async function renew(world: World, name: string): Promise<void> {
  const renewTime = `1999-01-01T00:00:00.${String(world.clock.now() % 1_000_000).padStart(6, '0')}Z`;
  await world.client.of(leases).patch(name, { spec: { renewTime } }, { namespace: LEASES });
}

/** Lets time go by in which only the given node is heard of. */
async function pass(world: World, name: string, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 10) {
    await world.clock.advance(Math.min(left, 10) * 1_000);
    await renew(world, name);
  }
}

async function createPod(world: World, name: string, spec: { nodeName: string; tolerations?: Toleration[] }) {
  const metadata = { name, namespace: 'default' };
  const containers = [{ name: 'main', image: 'web' }];
  await world.client.of(pods).create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...spec, containers } });
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  await world.client
    .of(pods)
    .patch(name, { status }, { namespace: 'default', type: 'strategic', subresource: 'status' });
}

const ready = ({ status }: { status?: { conditions?: Condition[] } }) =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status;
const taints = (node: Node | undefined) =>
  (node?.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort();
const untilNode = async (world: World, name: string, isSo: (node: Node) => boolean) => {
  const all = await world.until(nodes, (some) => some.some((node) => node.metadata.name === name && isSo(node)));
  return all.find((node) => node.metadata.name === name) as Node;
};
const names = (objects: readonly Pod[]) => objects.map(({ metadata }) => metadata.name).sort();
const leaving = (objects: readonly Pod[]) => names(objects.filter(({ metadata }) => metadata.deletionTimestamp));
const untilLeaving = (world: World, wanted: string[]) =>
  world.until(pods, (all) => leaving(all).join() === wanted.join());

test('a node that falls silent becomes unknown, tainted, and its pods not ready', async () => {
  await using world = await startWatched();
  await createNode(world, 'n2');
  await createPod(world, 'p1', { nodeName: 'n1' });
  await createPod(world, 'p2', { nodeName: 'n2' });
  await pass(world, 'n2', 45);
  const node = await untilNode(world, 'n1', (one) => taints(one).length === 2);
  const condition = node.status?.conditions?.find(({ type }) => type === 'Ready');
  assert.deepEqual([condition?.status, condition?.reason], ['Unknown', 'NodeStatusUnknown']);
  assert.deepEqual(taints(node), [
    'node.kubernetes.io/unreachable:NoExecute',
    'node.kubernetes.io/unreachable:NoSchedule',
  ]);
  const all = await world.until(pods, (some) => some.some((pod) => ready(pod) === 'False'));
  assert.deepEqual(Object.fromEntries(all.map((pod) => [pod.metadata.name, ready(pod)])), { p1: 'False', p2: 'True' });
  const other = await world.client.of(nodes).get('n2');
  assert.deepEqual([ready(other), taints(other)], ['True', []]);
});

test('a node that renews its lease stays ready, however wrong its clock is', async () => {
  await using world = await startWatched();
  await pass(world, 'n1', 200);
  const node = await world.client.of(nodes).get('n1');
  assert.deepEqual([ready(node), taints(node)], ['True', []]);
});

test('taints go when the kubelet says ready again, and nobody is evicted any more', async () => {
  await using world = await startWatched();
  await createPod(world, 'p1', { nodeName: 'n1' });
  await world.clock.advance(45_000);
  await untilNode(world, 'n1', (one) => taints(one).length === 2);
  await renew(world, 'n1');
  await sayReady(world, 'n1', 'True');
  await untilNode(world, 'n1', (one) => taints(one).length === 0);
  await pass(world, 'n1', 400);
  assert.deepEqual(leaving((await world.client.of(pods).list()).items), []);
});

test('pods leave an unreachable node when they tolerate it no longer, with their grace', async () => {
  await using world = await startWatched();
  await createNode(world, 'n2');
  const key = 'node.kubernetes.io/unreachable';
  const stay: Toleration = { key, operator: 'Exists', effect: 'NoExecute' };
  await createPod(world, 'default', { nodeName: 'n1' });
  await createPod(world, 'hasty', { nodeName: 'n1', tolerations: [{ ...stay, tolerationSeconds: 10 }] });
  await createPod(world, 'staying', { nodeName: 'n1', tolerations: [stay] });
  await pass(world, 'n2', 45);
  await untilNode(world, 'n1', (one) => taints(one).length === 2);
  assert.deepEqual(leaving((await world.client.of(pods).list()).items), []);
  await pass(world, 'n2', 11);
  const [hasty] = (await untilLeaving(world, ['hasty'])).filter(({ metadata }) => metadata.name === 'hasty');
  assert.equal(hasty?.metadata.deletionGracePeriodSeconds, 30);
  const disruption = hasty?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  assert.deepEqual([disruption?.status, disruption?.reason], ['True', 'DeletionByTaintManager']);
  await pass(world, 'n2', 300);
  await untilLeaving(world, ['default', 'hasty']);
});

test('nobody is evicted while no node at all is heard of, and the time begins anew when one is', async () => {
  await using world = await startWatched();
  await createNode(world, 'n2');
  await createPod(world, 'p1', { nodeName: 'n1' });
  await world.clock.advance(1_000_000);
  for (const name of ['n1', 'n2']) await untilNode(world, name, (one) => taints(one).length === 2);
  assert.deepEqual(leaving((await world.client.of(pods).list()).items), []);
  await renew(world, 'n2');
  await sayReady(world, 'n2', 'True');
  await pass(world, 'n2', 290);
  assert.deepEqual(leaving((await world.client.of(pods).list()).items), []);
  await pass(world, 'n2', 20);
  await untilLeaving(world, ['p1']);
});

test('a NoExecute taint of others makes pods leave at once that do not tolerate it', async () => {
  await using world = await startWatched();
  await createPod(world, 'leaving', { nodeName: 'n1' });
  await createPod(world, 'staying', { nodeName: 'n1', tolerations: [{ key: 'team', operator: 'Exists' }] });
  await world.client.of(nodes).patch('n1', { spec: { taints: [{ key: 'team', effect: 'NoExecute' }] } });
  await untilLeaving(world, ['leaving']);
  await createPod(world, 'late', { nodeName: 'n1' });
  await untilLeaving(world, ['late', 'leaving']);
});

test('a cordoned node carries the taint that says so until it is uncordoned', async () => {
  await using world = await startWatched();
  await world.client.of(nodes).patch('n1', { spec: { unschedulable: true } });
  const node = await untilNode(world, 'n1', (one) => taints(one).length > 0);
  assert.deepEqual(taints(node), ['node.kubernetes.io/unschedulable:NoSchedule']);
  await world.client.of(nodes).patch('n1', { spec: { unschedulable: null } });
  await untilNode(world, 'n1', (one) => taints(one).length === 0);
});

test('pods of a node that is gone are removed after a while, those of others stay', async () => {
  await using world = await startWatched();
  await createNode(world, 'n2');
  await createPod(world, 'p1', { nodeName: 'n1' });
  await createPod(world, 'p2', { nodeName: 'n2' });
  await world.client.of(nodes).delete('n1');
  await world.clock.advance(35_000);
  assert.deepEqual(names((await world.client.of(pods).list()).items), ['p1', 'p2']);
  await renew(world, 'n2');
  await world.clock.advance(10_000);
  const left = await world.until(pods, (all) => all.length === 1);
  assert.deepEqual(names(left), ['p2']);
});

test('a node that comes back in time keeps its pods', async () => {
  await using world = await startWatched();
  await createPod(world, 'p1', { nodeName: 'n1' });
  await world.client.of(nodes).delete('n1');
  await world.clock.advance(20_000);
  await world.client.of(nodes).create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
  await sayReady(world, 'n1', 'True');
  await world.clock.advance(30_000);
  assert.deepEqual(names((await world.client.of(pods).list()).items), ['p1']);
});
