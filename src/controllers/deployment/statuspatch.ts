import type { DeploymentStatus } from '../../api/types/apps.ts';

/** Counts that Kubernetes leaves out of a status when they are 0. */
const COUNTS = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'] as const;

/** `status` as a merge patch: a count of 0 is taken away, as Kubernetes' own encoding leaves it out. */
export function statusPatch(status: DeploymentStatus): Record<string, unknown> {
  const zeros = COUNTS.filter((name) => (status[name] ?? 0) === 0).map((name) => [name, null]);
  return { ...status, ...Object.fromEntries(zeros) };
}

/** Whether a status says the same as another, in whatever order. */
export function isSameStatus(before: DeploymentStatus | undefined, after: DeploymentStatus): boolean {
  const names = [...COUNTS, 'observedGeneration', 'terminatingReplicas', 'collisionCount'] as const;
  if (names.some((name) => (before?.[name] ?? 0) !== (after[name] ?? 0))) return false;
  return sorted(before) === sorted(after);
}

function sorted(status: DeploymentStatus | undefined): string {
  const conditions = (status?.conditions ?? []).map(({ type, status, reason, message, lastUpdateTime }) =>
    [type, status, reason, message, lastUpdateTime].join('\n'),
  );
  return conditions.sort().join('\n\n');
}
