import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '../api/types/core.ts';
import { below, seededRandom } from '../base/random.ts';
import { nodeOf, outcomeOf, placeAll, podOf, snapshotOf } from './cluster.fixture.ts';
import { schedule } from './schedule.ts';

const random = seededRandom(5);
const taint = (effect: 'NoSchedule' | 'NoExecute' | 'PreferNoSchedule') => ({
  spec: { taints: [{ key: 'gpu', value: 'yes', effect }] },
});
const tolerating = (spec: object) => podOf('pod', { spec: { tolerations: [spec] } });
const affine = (terms: object[]) =>
  podOf('pod', {
    spec: {
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
    },
  });
const near = (kind: 'podAffinity' | 'podAntiAffinity', term: object, labels: Record<string, string> = {}) =>
  podOf('pod', {
    labels,
    spec: { affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } },
  });
const web = { matchLabels: { app: 'web' } };
const host = 'kubernetes.io/hostname';
const asking = (requests: Record<string, string>) => podOf('pod', { requests });

const REFUSED = (reason: string) => `0/1 nodes are available: 1 ${reason}.`;
const INTOLERANT = REFUSED('node(s) had untolerated taint(s)');
const MISMATCH = REFUSED("node(s) didn't match Pod's node affinity/selector");

/** What one node says to one pod, with perhaps another pod already there: `a` for "it takes it". */
const TABLE: [string, Node, Pod, string, Pod?][] = [
  ['a plain pod', nodeOf('a'), podOf('pod'), 'a'],
  [
    'a cordoned node',
    nodeOf('a', { spec: { unschedulable: true } }),
    podOf('pod'),
    REFUSED('node(s) were unschedulable'),
  ],
  [
    'a cordoned node and a pod that tolerates it',
    nodeOf('a', { spec: { unschedulable: true } }),
    tolerating({ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }),
    'a',
  ],
  ['a node that is not ready', nodeOf('a', { ready: 'False' }), podOf('pod'), REFUSED('node(s) were not ready')],
  ['a node nobody hears of', nodeOf('a', { ready: 'Unknown' }), podOf('pod'), REFUSED('node(s) were not ready')],
  [
    'a node that is not ready and a pod that tolerates it',
    nodeOf('a', { ready: 'False' }),
    tolerating({ operator: 'Exists' }),
    'a',
  ],
  ['a NoSchedule taint', nodeOf('a', taint('NoSchedule')), podOf('pod'), INTOLERANT],
  ['a NoExecute taint', nodeOf('a', taint('NoExecute')), podOf('pod'), INTOLERANT],
  ['a PreferNoSchedule taint', nodeOf('a', taint('PreferNoSchedule')), podOf('pod'), 'a'],
  ['a taint tolerated by value', nodeOf('a', taint('NoSchedule')), tolerating({ key: 'gpu', value: 'yes' }), 'a'],
  ['a taint of another value', nodeOf('a', taint('NoSchedule')), tolerating({ key: 'gpu', value: 'no' }), INTOLERANT],
  [
    'a taint tolerated for another effect',
    nodeOf('a', taint('NoExecute')),
    tolerating({ key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }),
    INTOLERANT,
  ],
  [
    'a matching nodeSelector',
    nodeOf('a', { labels: { disk: 'ssd' } }),
    podOf('pod', { spec: { nodeSelector: { disk: 'ssd' } } }),
    'a',
  ],
  ['another nodeSelector', nodeOf('a'), podOf('pod', { spec: { nodeSelector: { disk: 'ssd' } } }), MISMATCH],
  [
    'affinity by In',
    nodeOf('a', { labels: { z: '1' } }),
    affine([{ matchExpressions: [{ key: 'z', operator: 'In', values: ['1', '2'] }] }]),
    'a',
  ],
  [
    'affinity by NotIn of an absent label',
    nodeOf('a'),
    affine([{ matchExpressions: [{ key: 'z', operator: 'NotIn', values: ['1'] }] }]),
    'a',
  ],
  [
    'affinity by Gt',
    nodeOf('a', { labels: { n: '5' } }),
    affine([{ matchExpressions: [{ key: 'n', operator: 'Gt', values: ['5'] }] }]),
    MISMATCH,
  ],
  [
    'affinity by Lt',
    nodeOf('a', { labels: { n: '5' } }),
    affine([{ matchExpressions: [{ key: 'n', operator: 'Lt', values: ['6'] }] }]),
    'a',
  ],
  [
    'affinity by name',
    nodeOf('a'),
    affine([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] }]),
    'a',
  ],
  [
    'one of two terms',
    nodeOf('a', { labels: { z: '1' } }),
    affine([
      { matchExpressions: [{ key: 'y', operator: 'Exists' }] },
      { matchExpressions: [{ key: 'z', operator: 'Exists' }] },
    ]),
    'a',
  ],
  ['an empty term', nodeOf('a'), affine([{}]), MISMATCH],
  ['too little cpu', nodeOf('a', { cpu: '1' }), asking({ cpu: '1001m' }), REFUSED('Insufficient cpu')],
  ['just enough cpu', nodeOf('a', { cpu: '1' }), asking({ cpu: '1' }), 'a'],
  [
    'cpu taken by another pod',
    nodeOf('a', { cpu: '1' }),
    asking({ cpu: '600m' }),
    REFUSED('Insufficient cpu'),
    podOf('other', { requests: { cpu: '500m' } }),
  ],
  [
    'a resource the node has none of',
    nodeOf('a'),
    asking({ 'example.com/gpu': '1' }),
    REFUSED('Insufficient example.com/gpu'),
  ],
  [
    'too little of two resources',
    nodeOf('a', { cpu: '1', memory: '1Gi' }),
    asking({ cpu: '2', memory: '2Gi' }),
    '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.',
  ],
  ['a full node', nodeOf('a', { pods: '1' }), podOf('pod'), REFUSED('Too many pods'), podOf('other')],
  [
    'a large init container',
    nodeOf('a', { cpu: '1' }),
    podOf('pod', {
      requests: { cpu: '100m' },
      spec: { initContainers: [{ name: 'i', resources: { requests: { cpu: '2' } } }] },
    }),
    REFUSED('Insufficient cpu'),
  ],
  [
    'a sidecar beside its containers',
    nodeOf('a', { cpu: '1' }),
    podOf('pod', {
      requests: { cpu: '600m' },
      spec: { initContainers: [{ name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '600m' } } }] },
    }),
    REFUSED('Insufficient cpu'),
  ],
  ['a free host port', nodeOf('a'), hostPort('pod', 80), 'a', hostPort('other', 81)],
  [
    'a taken host port',
    nodeOf('a'),
    hostPort('pod', 80),
    REFUSED("node(s) didn't have free ports for the requested pod ports"),
    hostPort('other', 80),
  ],
  [
    'a host port of another protocol',
    nodeOf('a'),
    hostPort('pod', 80, { protocol: 'UDP' }),
    'a',
    hostPort('other', 80),
  ],
  [
    'a host port of another address',
    nodeOf('a'),
    hostPort('pod', 80, { hostIP: '10.0.0.1' }),
    'a',
    hostPort('other', 80, { hostIP: '10.0.0.2' }),
  ],
  [
    'a host port of every address',
    nodeOf('a'),
    hostPort('pod', 80, { hostIP: '10.0.0.1' }),
    REFUSED("node(s) didn't have free ports for the requested pod ports"),
    hostPort('other', 80),
  ],
  [
    'company that is there',
    nodeOf('a'),
    near('podAffinity', { labelSelector: web, topologyKey: host }),
    'a',
    podOf('other', { labels: { app: 'web' } }),
  ],
  [
    'company that is not there',
    nodeOf('a'),
    near('podAffinity', { labelSelector: web, topologyKey: host }),
    REFUSED("node(s) didn't match pod affinity rules"),
    podOf('other'),
  ],
  [
    'company in another namespace',
    nodeOf('a'),
    near('podAffinity', { labelSelector: web, topologyKey: host }),
    REFUSED("node(s) didn't match pod affinity rules"),
    podOf('other', { namespace: 'far', labels: { app: 'web' } }),
  ],
  [
    'company in a named namespace',
    nodeOf('a'),
    near('podAffinity', { labelSelector: web, topologyKey: host, namespaces: ['far'] }),
    'a',
    podOf('other', { namespace: 'far', labels: { app: 'web' } }),
  ],
  [
    'company in any namespace',
    nodeOf('a'),
    near('podAffinity', { labelSelector: web, topologyKey: host, namespaceSelector: {} }),
    'a',
    podOf('other', { namespace: 'far', labels: { app: 'web' } }),
  ],
  [
    'the first of its own company',
    nodeOf('a'),
    near('podAffinity', { labelSelector: web, topologyKey: host }, { app: 'web' }),
    'a',
  ],
  [
    'company by a label the node lacks',
    nodeOf('a'),
    near('podAffinity', { labelSelector: web, topologyKey: 'zone' }, { app: 'web' }),
    REFUSED("node(s) didn't match pod affinity rules"),
  ],
  [
    'a pod to stay away from',
    nodeOf('a'),
    near('podAntiAffinity', { labelSelector: web, topologyKey: host }),
    REFUSED("node(s) didn't match pod anti-affinity rules"),
    podOf('other', { labels: { app: 'web' } }),
  ],
  [
    'a pod that wants others away',
    nodeOf('a'),
    podOf('pod', { labels: { app: 'web' } }),
    REFUSED("node(s) didn't satisfy existing pods anti-affinity rules"),
    { ...near('podAntiAffinity', { labelSelector: web, topologyKey: host }), metadata: podOf('other').metadata },
  ],
];

function hostPort(name: string, port: number, more: { protocol?: 'TCP' | 'UDP'; hostIP?: string } = {}): Pod {
  return podOf(name, {
    spec: { containers: [{ name: 'main', ports: [{ containerPort: 1, hostPort: port, ...more }] }] },
  });
}

for (const [name, node, pod, outcome, other] of TABLE) {
  test(`${name}: ${outcome}`, () => {
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
