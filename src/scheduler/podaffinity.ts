import { type LabelMatcher, matcherOf } from '../api/selector.ts';
import type { Pod } from '../api/types/core.ts';
import type { LabelSelector } from '../api/types/meta.ts';

/** One `PodAffinityTerm`, ready to be asked. */
export interface PodTerm {
  readonly topologyKey: string;
  readonly matchesLabels: LabelMatcher;
  readonly namespaces: ReadonlySet<string>;
  /** Present when namespaces are selected by their labels. */
  readonly matchesNamespace: LabelMatcher | undefined;
}

export interface WeightedPodTerm {
  /** 1 to 100; negative for anti-affinity. */
  readonly weight: number;
  readonly term: PodTerm;
}

export interface PodAffinityRules {
  readonly required: readonly PodTerm[];
  readonly requiredAnti: readonly PodTerm[];
  readonly preferred: readonly WeightedPodTerm[];
  readonly isEmpty: boolean;
}

interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  topologyKey: string;
  namespaces?: string[];
  namespaceSelector?: LabelSelector;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
}

interface PodAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; podAffinityTerm: PodAffinityTerm }[];
}

export function podAffinityRulesOf(pod: Pod): PodAffinityRules {
  const { podAffinity, podAntiAffinity } = (pod.spec.affinity ?? {}) as Record<string, PodAffinity | undefined>;
  const required = requiredOf(pod, podAffinity);
  const requiredAnti = requiredOf(pod, podAntiAffinity);
  const preferred = [...preferredOf(pod, podAffinity, 1), ...preferredOf(pod, podAntiAffinity, -1)];
  return {
    required,
    requiredAnti,
    preferred,
    isEmpty: required.length + requiredAnti.length + preferred.length === 0,
  };
}

/** Whether the term speaks of a pod with these labels in this namespace. */
export function termMatches(
  term: PodTerm,
  pod: { readonly namespace: string; readonly labels: Record<string, string> },
  namespaceLabels: (namespace: string) => Record<string, string>,
): boolean {
  const isMeant =
    term.namespaces.has(pod.namespace) || (term.matchesNamespace?.(namespaceLabels(pod.namespace)) ?? false);
  return isMeant && term.matchesLabels(pod.labels);
}

/** `selector` narrowed to pods that agree (or, for `mismatch`, disagree) with `labels` on the given keys. */
export function narrowedSelector(
  selector: LabelSelector | undefined,
  labels: Record<string, string>,
  keys: { match?: readonly string[] | undefined; mismatch?: readonly string[] | undefined },
): LabelSelector | undefined {
  if (!selector) return undefined;
  const expressions = [...(selector.matchExpressions ?? [])];
  const add = (operator: 'In' | 'NotIn', names: readonly string[] | undefined) => {
    for (const key of names ?? []) {
      const value = labels[key];
      if (value !== undefined) expressions.push({ key, operator, values: [value] });
    }
  };
  add('In', keys.match);
  add('NotIn', keys.mismatch);
  return { ...selector, matchExpressions: expressions };
}

function requiredOf(pod: Pod, affinity: PodAffinity | undefined): PodTerm[] {
  return (affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => compiled(pod, term));
}

function preferredOf(pod: Pod, affinity: PodAffinity | undefined, sign: 1 | -1): WeightedPodTerm[] {
  return (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({
    weight: sign * weight,
    term: compiled(pod, podAffinityTerm),
  }));
}

function compiled(pod: Pod, term: PodAffinityTerm): PodTerm {
  const { labels = {}, namespace = '' } = pod.metadata;
  const named = term.namespaces ?? [];
  const isOwn = named.length === 0 && !term.namespaceSelector;
  const keys = { match: term.matchLabelKeys, mismatch: term.mismatchLabelKeys };
  return {
    topologyKey: term.topologyKey,
    matchesLabels: matcherOf(narrowedSelector(term.labelSelector, labels, keys)),
    namespaces: new Set(isOwn ? [namespace] : named),
    matchesNamespace: term.namespaceSelector ? matcherOf(term.namespaceSelector) : undefined,
  };
}
