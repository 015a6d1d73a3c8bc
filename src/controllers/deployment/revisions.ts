import type { Deployment, ReplicaSet } from '../../api/types/apps.ts';
import type { RolloutBounds } from './bounds.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

const HISTORY_LENGTH_MAX = 2000;

/** Annotations of a Deployment that say nothing about its sets. */
const NOT_COPIED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
]);

export function revisionOf(set: ReplicaSet): number {
  const revision = Number(set.metadata.annotations?.[REVISION] ?? 0);
  return Number.isInteger(revision) ? revision : 0;
}

/** The revision of the newest template: one more than any before. */
export function nextRevision(old: readonly ReplicaSet[]): number {
  return Math.max(0, ...old.map(revisionOf)) + 1;
}

/**
 * Annotations of the set of the newest template: those it has, the Deployment's own, and its revision. A set that comes
 * back after a rollback gets a new revision and remembers those it had.
 */
export function newestAnnotations(
  deployment: Deployment,
  set: ReplicaSet | undefined,
  revision: number,
): Record<string, string> {
  const before = set?.metadata.annotations ?? {};
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key));
  const annotations = { ...before, ...Object.fromEntries(copied) };
  const known = set ? revisionOf(set) : 0;
  if (known >= revision) return annotations;
  annotations[REVISION] = String(revision);
  if (known > 0) annotations[REVISION_HISTORY] = remembered(before[REVISION_HISTORY], known);
  return annotations;
}

/** What a later change of `replicas` in mid-rollout needs to know: what this size was a part of. */
export function sizeAnnotations({ replicas, maxSurge }: RolloutBounds): Record<string, string> {
  return { [DESIRED_REPLICAS]: String(replicas), [MAX_REPLICAS]: String(replicas + maxSurge) };
}

function remembered(history: string | undefined, revision: number): string {
  const revisions = [...(history ? history.split(',') : []), String(revision)];
  while (revisions.join(',').length > HISTORY_LENGTH_MAX) revisions.shift();
  return revisions.join(',');
}
