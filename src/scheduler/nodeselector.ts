import type { Node, Pod } from '../api/types/core.ts';

/** Says whether a node is meant. */
export type NodeMatcher = (node: Node) => boolean;

export interface NodeSelectorTerm {
  matchExpressions?: NodeRequirement[];
  matchFields?: NodeRequirement[];
}

interface NodeRequirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  values?: string[];
}

export interface NodeAffinityRules {
  requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: NodeSelectorTerm[] };
  preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; preference: NodeSelectorTerm }[];
}

export function nodeAffinityOf(pod: Pod): NodeAffinityRules | undefined {
  return (pod.spec.affinity as { nodeAffinity?: NodeAffinityRules } | undefined)?.nodeAffinity;
}

/** The nodes that `nodeSelector` and the required node affinity allow; undefined when they allow every node. */
export function requiredNodesOf(pod: Pod): NodeMatcher | undefined {
  const labels = Object.entries(pod.spec.nodeSelector ?? {});
  const terms = nodeAffinityOf(pod)?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (labels.length === 0 && !terms) return undefined;
  const matchers = terms?.map(matcherOfTerm);
  return (node) =>
    labels.every(([key, value]) => node.metadata.labels?.[key] === value) &&
    (matchers?.some((matches) => matches(node)) ?? true);
}

/** All of a term's requirements must hold; a term without any matches no node. */
export function matcherOfTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): NodeMatcher {
  if (matchExpressions.length + matchFields.length === 0) return () => false;
  return (node) =>
    matchExpressions.every((requirement) => holds(requirement, node.metadata.labels?.[requirement.key])) &&
    matchFields.every((requirement) => holds(requirement, fieldOf(node, requirement.key)));
}

/** `metadata.name` is the only field Kubernetes lets node selectors name. */
function fieldOf(node: Node, key: string): string | undefined {
  return key === 'metadata.name' ? node.metadata.name : undefined;
}

function holds({ operator, values = [] }: NodeRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return compares(value, values[0], (a, b) => a > b);
    case 'Lt':
      return compares(value, values[0], (a, b) => a < b);
  }
}

const WHOLE = /^[+-]?\d+$/;

function compares(
  value: string | undefined,
  bound: string | undefined,
  test: (a: bigint, b: bigint) => boolean,
): boolean {
  if (value === undefined || bound === undefined || !WHOLE.test(value) || !WHOLE.test(bound)) return false;
  return test(BigInt(value), BigInt(bound));
}
