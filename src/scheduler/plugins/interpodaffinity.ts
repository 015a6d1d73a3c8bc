import { type Filter, type Opinion, type Plugin, SCORE_MAX, type Score } from '../plugin.ts';
import { type PodTerm, termMatches } from '../podaffinity.ts';
import type { PodInfo } from '../podinfo.ts';
import type { NodeInfo, Snapshot } from '../snapshot.ts';

const AFFINITY = ["node(s) didn't match pod affinity rules"];
const ANTI_AFFINITY = ["node(s) didn't match pod anti-affinity rules"];
const EXISTING_ANTI_AFFINITY = ["node(s) didn't satisfy existing pods anti-affinity rules"];
/** What a pod's required affinity is worth as a preference of its neighbours-to-be: Kubernetes' default. */
const HARD_WEIGHT = 1;

/** Numbers by topology key and value: one for each domain. */
class Domains {
  readonly #counts = new Map<string, Map<string, number>>();

  add(node: NodeInfo | undefined, topologyKey: string, by: number): void {
    const value = node?.labels[topologyKey];
    if (value === undefined) return;
    const counts = this.#counts.get(topologyKey) ?? new Map<string, number>();
    counts.set(value, (counts.get(value) ?? 0) + by);
    this.#counts.set(topologyKey, counts);
  }

  at(node: NodeInfo, topologyKey: string): number {
    const value = node.labels[topologyKey];
    return value === undefined ? 0 : (this.#counts.get(topologyKey)?.get(value) ?? 0);
  }

  sumAt(node: NodeInfo): number {
    let sum = 0;
    for (const key of this.#counts.keys()) sum += this.at(node, key);
    return sum;
  }

  get keys(): string[] {
    return [...this.#counts.keys()];
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }
}

/** Near some pods and far from others, by the domains (host, zone, …) that node labels span. */
export const interPodAffinity: Plugin = {
  name: 'InterPodAffinity',
  weight: 2,
  consider(pod, snapshot): Opinion {
    const filter = filterOf(pod, snapshot);
    const score = scoreOf(pod, snapshot);
    return { ...(filter ? { filter } : {}), ...(score ? { score } : {}) };
  },
};

function filterOf(pod: PodInfo, snapshot: Snapshot): Filter | undefined {
  const { required, requiredAnti } = pod.affinity;
  const repelling = repellingDomains(pod, snapshot);
  if (required.length === 0 && requiredAnti.length === 0 && repelling.isEmpty) return undefined;
  const matches = (term: PodTerm, other: PodInfo) => termMatches(term, other, snapshot.namespaceLabels);
  const near = new Domains();
  const far = new Domains();
  for (const other of othersOf(pod, [...required, ...requiredAnti], snapshot)) {
    const node = snapshot.nodeOf(other);
    if (required.length > 0 && required.every((term) => matches(term, other))) {
      for (const { topologyKey } of required) near.add(node, topologyKey, 1);
    }
    for (const term of requiredAnti) if (matches(term, other)) far.add(node, term.topologyKey, 1);
  }
  // The first of a group that wants to be together would wait for ever: it may go anywhere.
  const isFirst = near.isEmpty && required.every((term) => matches(term, pod));
  return (node) => {
    if (required.some(({ topologyKey }) => node.labels[topologyKey] === undefined)) return AFFINITY;
    if (!isFirst && required.some(({ topologyKey }) => near.at(node, topologyKey) === 0)) return AFFINITY;
    if (requiredAnti.some(({ topologyKey }) => far.at(node, topologyKey) > 0)) return ANTI_AFFINITY;
    return repelling.keys.some((key) => repelling.at(node, key) > 0) ? EXISTING_ANTI_AFFINITY : undefined;
  };
}

/** The domains that pods already there do not want to share with `pod`. */
function repellingDomains(pod: PodInfo, snapshot: Snapshot): Domains {
  const domains = new Domains();
  for (const other of snapshot.podsWithAffinity()) {
    for (const term of other.affinity.requiredAnti) {
      if (termMatches(term, pod, snapshot.namespaceLabels)) domains.add(snapshot.nodeOf(other), term.topologyKey, 1);
    }
  }
  return domains;
}

function scoreOf(pod: PodInfo, snapshot: Snapshot): Score | undefined {
  const domains = new Domains();
  const { preferred } = pod.affinity;
  const terms = preferred.map(({ term }) => term);
  for (const other of terms.length > 0 ? othersOf(pod, terms, snapshot) : []) {
    for (const { weight, term } of preferred) {
      if (termMatches(term, other, snapshot.namespaceLabels))
        domains.add(snapshot.nodeOf(other), term.topologyKey, weight);
    }
  }
  for (const other of snapshot.podsWithAffinity()) {
    const wishes = [
      ...other.affinity.required.map((term) => ({ weight: HARD_WEIGHT, term })),
      ...other.affinity.preferred,
    ];
    for (const { weight, term } of wishes) {
      if (termMatches(term, pod, snapshot.namespaceLabels))
        domains.add(snapshot.nodeOf(other), term.topologyKey, weight);
    }
  }
  if (domains.isEmpty) return undefined;
  return (nodes) => {
    const sums = nodes.map((node) => domains.sumAt(node));
    const least = sums.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const most = sums.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    return sums.map((sum) => (most === least ? 0 : (SCORE_MAX * (sum - least)) / (most - least)));
  };
}

/** Pods in the namespaces that the terms speak of, the pod itself left out. */
function* othersOf(pod: PodInfo, terms: readonly PodTerm[], snapshot: Snapshot): Iterable<PodInfo> {
  if (terms.length === 0) return;
  const isAny = terms.some(({ matchesNamespace }) => matchesNamespace);
  const named = new Set(terms.flatMap(({ namespaces }) => [...namespaces]));
  for (const namespace of isAny ? snapshot.namespaces() : named) {
    for (const other of snapshot.podsIn(namespace)) if (other.key !== pod.key) yield other;
  }
}
