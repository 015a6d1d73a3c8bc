import type { Node, Pod } from '../api/types/core.ts';
import { nodeOf, podOf } from './cluster.fixture.ts';

// What one node answers to one pod, for every plugin that filters.

export const taint = (effect: 'NoSchedule' | 'NoExecute' | 'PreferNoSchedule') => ({
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
export const web = { matchLabels: { app: 'web' } };
export const host = 'kubernetes.io/hostname';
export const asking = (requests: Record<string, string>) => podOf('pod', { requests });

const REFUSED = (reason: string) => `0/1 nodes are available: 1 ${reason}.`;
const INTOLERANT = REFUSED('node(s) had untolerated taint(s)');
const MISMATCH = REFUSED("node(s) didn't match Pod's node affinity/selector");

/** What one node says to one pod, with perhaps another pod already there: `a` for "it takes it". */
export const ANSWERS: [string, Node, Pod, string, Pod?][] = [
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
