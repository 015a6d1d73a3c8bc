import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/types/apps.ts';
import type { Condition } from '../../api/types/meta.ts';
import type { RolloutBounds } from './bounds.ts';
import { withCondition } from './conditions.ts';
import { progressOf } from './progress.ts';
import { sumOf } from './rolling.ts';

/** What a Deployment's status is worked out from. */
export interface Observed {
  readonly deployment: Deployment;
  readonly sets: readonly ReplicaSet[];
  readonly bounds: RolloutBounds;
  /** The set of the newest template, if there is one. */
  readonly newest: ReplicaSet | undefined;
  /** Name of the set that is being made for the newest template right now. */
  readonly creating: string | undefined;
  /** RFC 3339. */
  readonly now: string;
  /** False where progress is nobody's business: the Deployment is paused, is being scaled or deleted. */
  readonly isRollingOut: boolean;
}

/** The counts and conditions that follow from what the sets say of themselves. */
export function statusOf(observed: Observed): DeploymentStatus {
  const { deployment, sets, newest, bounds } = observed;
  const { collisionCount, conditions = [] } = deployment.status ?? {};
  const total = sumOf(sets, ({ status }) => status?.replicas ?? 0);
  const available = sumOf(sets, ({ status }) => status?.availableReplicas ?? 0);
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: total,
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: sumOf(sets, ({ status }) => status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total - available),
    terminatingReplicas: sumOf(sets, ({ status }) => status?.terminatingReplicas ?? 0),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
  const isAvailable = available >= bounds.replicas - bounds.maxUnavailable;
  const withAvailable = withCondition(conditions, isAvailable ? AVAILABLE : UNAVAILABLE, observed.now);
  const withProgress = progressOf({ ...observed, counts }, withAvailable);
  return { ...counts, conditions: withFailure(withProgress, observed) };
}

const AVAILABLE: Condition = {
  type: 'Available',
  status: 'True',
  reason: 'MinimumReplicasAvailable',
  message: 'Deployment has minimum availability.',
};

const UNAVAILABLE: Condition = {
  type: 'Available',
  status: 'False',
  reason: 'MinimumReplicasUnavailable',
  message: 'Deployment does not have minimum availability.',
};

/** A set that cannot make its pods says so, and so does its Deployment: the newest set's word goes first. */
function withFailure(conditions: readonly Condition[], { sets, newest, now }: Observed): Condition[] {
  const failureOf = (set: ReplicaSet) =>
    set.status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  const failure = [...(newest ? [newest] : []), ...sets].map(failureOf).find((found) => found !== undefined);
  if (!failure) return conditions.filter(({ type }) => type !== 'ReplicaFailure');
  const { reason = '', message = '' } = failure;
  return withCondition(conditions, { type: 'ReplicaFailure', status: 'True', reason, message }, now);
}
