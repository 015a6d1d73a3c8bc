import assert from 'node:assert/strict';
import { test } from 'node:test';
import { below, seededRandom } from '../base/random.ts';
import { ANSWERS, asking, host, taint, web } from './answers.fixture.ts';
import { nodeOf, outcomeOf, placeAll, podOf, snapshotOf } from './cluster.fixture.ts';
import { schedule } from './schedule.ts';

const random = seededRandom(5);
for (const [name, node, pod, outcome, other] of ANSWERS) {
  test(`one node answers to ${name}: ${outcome}`, () => {
    const snapshot = snapshotOf([node], other ? { a: [other] } : {});
    assert.equal(outcomeOf(schedule(snapshot, pod, { random })), outcome);
  });
}

test('reasons of several nodes are counted and sorted as Kubernetes sorts them', () => {
  const nodes = [nodeOf('a', taint('NoSchedule')), nodeOf('b', { cpu: '1' }), nodeOf('c', taint('NoExecute'))];
  const decision = schedule(snapshotOf(nodes), asking({ cpu: '2' }), { random });
  const message = '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).';
  assert.equal(outcomeOf(decision), message);
  assert.deepEqual([...(decision.kind === 'unschedulable' ? decision.rejectedBy : [])].sort(), [
    'NodeResourcesFit',
    'TaintToleration',
  ]);
});

test('without any node the message says that there is none', () => {
  assert.equal(outcomeOf(schedule(snapshotOf([]), podOf('pod'), { random })), 'no nodes available to schedule pods');
});

test('a pod prefers the emptier node', () => {
  const snapshot = snapshotOf([nodeOf('a'), nodeOf('b')], { a: [podOf('x', { requests: { cpu: '2' } })] });
  assert.equal(outcomeOf(schedule(snapshot, asking({ cpu: '1' }), { random })), 'b');
});

test('a pod prefers the node whose cpu and memory it would use alike', () => {
  const snapshot = snapshotOf([nodeOf('a', { cpu: '8', memory: '4Gi' }), nodeOf('b', { cpu: '4', memory: '8Gi' })]);
  const pod = asking({ cpu: '1', memory: '2Gi' });
  assert.equal(outcomeOf(schedule(snapshot, pod, { random })), 'b');
});

test('a preferred node label wins over a little more room', () => {
  const snapshot = snapshotOf([nodeOf('a'), nodeOf('b', { cpu: '3', labels: { disk: 'ssd' } })]);
  const preference = { matchExpressions: [{ key: 'disk', operator: 'Exists' }] };
  const affinity = {
    nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, preference }] },
  };
  assert.equal(outcomeOf(schedule(snapshot, podOf('pod', { spec: { affinity } }), { random })), 'b');
});

test('a node with a taint to be avoided is taken last', () => {
  const snapshot = snapshotOf([nodeOf('a', taint('PreferNoSchedule')), nodeOf('b', { cpu: '1' })]);
  assert.equal(outcomeOf(schedule(snapshot, asking({ cpu: '500m' }), { random })), 'b');
  assert.equal(outcomeOf(schedule(snapshot, asking({ cpu: '2' }), { random })), 'a');
});

for (const [kind, wanted] of [
  ['podAffinity', 'a'],
  ['podAntiAffinity', 'b'],
] as const) {
  test(`preferred ${kind} goes to the node with (or without) its company`, () => {
    const snapshot = snapshotOf([nodeOf('a'), nodeOf('b')], { a: [podOf('x', { labels: { app: 'web' } })] });
    const podAffinityTerm = { labelSelector: web, topologyKey: host };
    const affinity = {
      [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] },
    };
    assert.equal(outcomeOf(schedule(snapshot, podOf('pod', { spec: { affinity } }), { random })), wanted);
  });
}

test('replicas of one owner spread over hosts without being asked to', () => {
  const nodes = ['a', 'b', 'c'].map((name) => nodeOf(name));
  const pods = Array.from({ length: 9 }, (_, i) => podOf(`pod-${i}`, { owner: 'set' }));
  const placed = placeAll(snapshotOf(nodes), pods);
  for (const name of ['a', 'b', 'c']) assert.equal(placed.filter((node) => node === name).length, 3);
});

test('a constraint that must hold keeps zones within its skew, and says so when no zone is left', () => {
  const nodes = [
    nodeOf('a', { labels: { zone: '1' }, pods: '2' }),
    nodeOf('b', { labels: { zone: '2' } }),
    nodeOf('c', { labels: {} }),
  ];
  const constraint = {
    maxSkew: 1,
    topologyKey: 'zone',
    whenUnsatisfiable: 'DoNotSchedule' as const,
    labelSelector: web,
  };
  const pods = Array.from({ length: 6 }, (_, i) =>
    podOf(`pod-${i}`, { labels: { app: 'web' }, spec: { topologySpreadConstraints: [constraint] } }),
  );
  const placed = placeAll(snapshotOf(nodes), pods);
  assert.deepEqual(placed.slice(0, 5).sort(), ['a', 'a', 'b', 'b', 'b']);
  const reasons = [
    '1 Too many pods',
    "1 node(s) didn't match pod topology spread constraints",
    "1 node(s) didn't match pod topology spread constraints (missing required label)",
  ];
  assert.equal(placed[5], `0/3 nodes are available: ${reasons.join(', ')}.`);
});

test('a constraint that is only wished for spreads pods as far as it can', () => {
  const nodes = [nodeOf('a', { labels: { zone: '1' } }), nodeOf('b', { labels: { zone: '2' }, pods: '1' })];
  const constraint = {
    maxSkew: 1,
    topologyKey: 'zone',
    whenUnsatisfiable: 'ScheduleAnyway' as const,
    labelSelector: web,
  };
  const pods = Array.from({ length: 4 }, (_, i) =>
    podOf(`pod-${i}`, { labels: { app: 'web' }, spec: { topologySpreadConstraints: [constraint] } }),
  );
  assert.deepEqual(placeAll(snapshotOf(nodes), pods).sort(), ['a', 'a', 'a', 'b']);
});

test('equally good nodes are taken by chance, by the same chance for the same seed', () => {
  const nodes = Array.from({ length: 10 }, (_, i) => nodeOf(`node-${i}`));
  const choices = (seed: number) => {
    const chance = seededRandom(seed);
    return Array.from({ length: 50 }, () => outcomeOf(schedule(snapshotOf(nodes), podOf('pod'), { random: chance })));
  };
  assert.deepEqual(choices(1), choices(1));
  assert.ok(new Set(choices(1)).size >= 8);
});

test('in random clusters no node is ever given more than it has, and none is refused that would fit', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const chance = seededRandom(seed);
    const nodes = Array.from({ length: 1 + below(chance, 8) }, (_, i) =>
      nodeOf(`node-${i}`, { cpu: String(1 + below(chance, 8)), pods: String(1 + below(chance, 10)) }),
    );
    const snapshot = snapshotOf(nodes);
    for (let i = 0; i < 60; i++) {
      const cpu = 100 * (1 + below(chance, 20));
      const [outcome] = placeAll(snapshot, [podOf(`pod-${i}`, { requests: { cpu: `${cpu}m` } })], chance);
      const fits = (node: (typeof snapshot.nodes)[number], extra: number, pods: number) =>
        (node.requested.get('cpu') ?? 0) + extra <= (node.allocatable.get('cpu') ?? 0) &&
        node.pods.size + pods <= (node.allocatable.get('pods') ?? 0);
      assert.ok(
        snapshot.nodes.every((node) => fits(node, 0, 0)),
        `seed ${seed}`,
      );
      if (outcome?.startsWith('0/')) assert.ok(!snapshot.nodes.some((node) => fits(node, cpu, 1)), `seed ${seed}`);
    }
  }
});

test('a thousand pods find their places on a hundred nodes in less than a second of CPU', () => {
  const nodes = Array.from({ length: 100 }, (_, i) => nodeOf(`node-${i}`, { labels: { zone: `${i % 3}` } }));
  const pods = Array.from({ length: 1000 }, (_, i) =>
    podOf(`pod-${i}`, { owner: `set-${i % 20}`, requests: { cpu: '100m', memory: '64Mi' } }),
  );
  const before = process.cpuUsage();
  const placed = placeAll(snapshotOf(nodes), pods);
  const { user, system } = process.cpuUsage(before);
  assert.ok(placed.every((name) => name.startsWith('node-')));
  assert.ok((user + system) / 1000 < 1000, `${(user + system) / 1000} ms of CPU`);
});
