import { matcherOf } from '../../api/selector.ts';
import { selects } from '../../api/servicepods.ts';
import type { TopologySpreadConstraint } from '../../api/types/core.ts';
import { requiredNodesOf } from '../nodeselector.ts';
import { type Opinion, type Plugin, SCORE_MAX, type Score } from '../plugin.ts';
import { narrowedSelector } from '../podaffinity.ts';
import type { PodInfo } from '../podinfo.ts';
import type { NodeInfo, Snapshot } from '../snapshot.ts';
import { tolerates } from '../tolerates.ts';

const SKEWED = ["node(s) didn't match pod topology spread constraints"];
const UNLABELED = ["node(s) didn't match pod topology spread constraints (missing required label)"];
const HOSTNAME = 'kubernetes.io/hostname';

interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** How many pods on the node count. */
  readonly count: (node: NodeInfo) => number;
  /** Whether the pod itself will count where it goes: 1 or 0. */
  readonly self: number;
  /** Whether the node's domain is one to spread over. */
  readonly isEligible: (node: NodeInfo) => boolean;
}

/** The fields of a constraint that the rest of Segue does not read. */
type FullConstraint = TopologySpreadConstraint & {
  minDomains?: number;
  matchLabelKeys?: string[];
  nodeAffinityPolicy?: 'Honor' | 'Ignore';
  nodeTaintsPolicy?: 'Honor' | 'Ignore';
};

/** What Kubernetes does for pods that say nothing: spread the replicas of one thing softly over hosts and zones. */
const DEFAULTS = [
  { topologyKey: HOSTNAME, maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 },
];

/** Spreads pods evenly over the domains that a node label spans. */
export const podTopologySpread: Plugin = {
  name: 'PodTopologySpread',
  weight: 2,
  consider(pod, snapshot): Opinion {
    const asked = (pod.pod.spec.topologySpreadConstraints ?? []) as FullConstraint[];
    if (asked.length === 0) return defaultOpinion(pod, snapshot);
    const of = (how: TopologySpreadConstraint['whenUnsatisfiable']) =>
      asked.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === how).map((constraint) => compiled(pod, constraint));
    const hard = of('DoNotSchedule');
    const soft = of('ScheduleAnyway');
    return {
      ...(hard.length > 0 ? { filter: filterOf(hard, snapshot) } : {}),
      ...(soft.length > 0 ? { score: scoreOf(soft, snapshot, { needsAllKeys: true }) } : {}),
    };
  },
};

function defaultOpinion(pod: PodInfo, snapshot: Snapshot): Opinion {
  const count = replicaCount(pod, snapshot);
  if (!count) return {};
  const soft = DEFAULTS.map((constraint) => ({ ...constraint, minDomains: 1, count, self: 1, isEligible: () => true }));
  return { score: scoreOf(soft, snapshot, { needsAllKeys: false }) };
}

/** Replicas of a pod: those of the same managing owner, else those behind the same Services. */
function replicaCount(pod: PodInfo, snapshot: Snapshot): ((node: NodeInfo) => number) | undefined {
  const { controller } = pod;
  if (controller) return (node) => node.replicas.get(controller) ?? 0;
  const services = snapshot.servicesOf(pod.pod);
  if (services.length === 0) return undefined;
  return counter(pod, (other) => services.every((service) => selects(service, other.pod)));
}

function compiled(pod: PodInfo, constraint: FullConstraint): Constraint {
  const { topologyKey, maxSkew, minDomains = 1, labelSelector, matchLabelKeys } = constraint;
  const matches = matcherOf(narrowedSelector(labelSelector, pod.labels, { match: matchLabelKeys }));
  const allows = constraint.nodeAffinityPolicy === 'Ignore' ? undefined : requiredNodesOf(pod.pod);
  const minds = constraint.nodeTaintsPolicy === 'Honor';
  return {
    topologyKey,
    maxSkew,
    minDomains,
    count: counter(pod, ({ labels }) => matches(labels)),
    self: matches(pod.labels) ? 1 : 0,
    isEligible: ({ node }) => (allows?.(node) ?? true) && !(minds && repels(pod, node.spec?.taints ?? [])),
  };
}

function repels(pod: PodInfo, taints: NonNullable<NonNullable<NodeInfo['node']['spec']>['taints']>): boolean {
  return taints.some((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(pod.pod.spec.tolerations, taint));
}

function counter(pod: PodInfo, matches: (other: PodInfo) => boolean): (node: NodeInfo) => number {
  return ({ pods }) => {
    let count = 0;
    for (const other of pods.values()) {
      if (other.namespace === pod.namespace && !other.pod.metadata.deletionTimestamp && matches(other)) count++;
    }
    return count;
  };
}

/** Pods by domain, over the nodes that have every key. */
function countsOf(constraint: Constraint, nodes: readonly NodeInfo[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const domain = node.labels[constraint.topologyKey];
    if (domain === undefined || !constraint.isEligible(node)) continue;
    counts.set(domain, (counts.get(domain) ?? 0) + constraint.count(node));
  }
  return counts;
}

function filterOf(constraints: readonly Constraint[], snapshot: Snapshot) {
  const labeled = snapshot.nodes.filter(({ labels }) =>
    constraints.every(({ topologyKey }) => labels[topologyKey] !== undefined),
  );
  const rules = constraints.map((constraint) => {
    const counts = countsOf(constraint, labeled);
    const least = [...counts.values()].reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return { ...constraint, counts, least: counts.size < constraint.minDomains ? 0 : least };
  });
  return (node: NodeInfo): readonly string[] | undefined => {
    for (const { topologyKey, counts, least, self, maxSkew } of rules) {
      const domain = node.labels[topologyKey];
      if (domain === undefined) return UNLABELED;
      if (Number.isFinite(least) && (counts.get(domain) ?? 0) + self - least > maxSkew) return SKEWED;
    }
    return undefined;
  };
}

/**
 * Fewer pods in the node's domain is better. A constraint over few domains counts more than one over many, since one pod
 * more or less means more there, and a larger tolerated skew makes the counts matter less.
 */
function scoreOf(constraints: readonly Constraint[], snapshot: Snapshot, options: { needsAllKeys: boolean }): Score {
  return (nodes) => {
    const isScored = ({ labels }: NodeInfo) =>
      !options.needsAllKeys || constraints.every(({ topologyKey }) => labels[topologyKey] !== undefined);
    const scored = nodes.filter(isScored);
    const rules = constraints.map((constraint) => {
      const domains = new Set(scored.flatMap(({ labels }) => labels[constraint.topologyKey] ?? []));
      const counts = constraint.topologyKey === HOSTNAME ? undefined : countsOf(constraint, snapshot.nodes);
      return { ...constraint, counts, weight: Math.log(domains.size + 2) };
    });
    const raw = nodes.map((node) => {
      if (!isScored(node)) return undefined;
      let sum = 0;
      for (const { topologyKey, counts, count, weight, maxSkew } of rules) {
        const domain = node.labels[topologyKey];
        if (domain !== undefined) sum += (counts?.get(domain) ?? count(node)) * weight + maxSkew - 1;
      }
      return Math.round(sum);
    });
    return spreadOut(raw);
  };
}

function spreadOut(raw: readonly (number | undefined)[]): number[] {
  const known = raw.filter((value) => value !== undefined);
  const least = known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = known.reduce((a, b) => Math.max(a, b), 0);
  return raw.map((value) => {
    if (value === undefined) return 0;
    return most === 0 ? SCORE_MAX : (SCORE_MAX * (most + least - value)) / most;
  });
}
