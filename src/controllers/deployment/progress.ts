import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/types/apps.ts';
import type { Condition } from '../../api/types/meta.ts';
import { conditionOf, renewed, withCondition } from './conditions.ts';

const PROGRESSING = 'Progressing';
/** `kubectl` and Kubernetes take this many seconds for "no deadline". */
const NO_DEADLINE = 2_147_483_647;

type Counts = Required<Pick<DeploymentStatus, 'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas'>>;

interface Observed {
  readonly deployment: Deployment;
  readonly newest: ReplicaSet | undefined;
  readonly creating: string | undefined;
  readonly counts: Counts;
  readonly now: string;
  readonly isRollingOut: boolean;
}

/** `conditions` with what is to be said of Progressing now; without it when the Deployment has no deadline. */
export function progressOf(observed: Observed, conditions: readonly Condition[]): Condition[] {
  if (deadlineMsOf(observed.deployment) === undefined) return conditions.filter(({ type }) => type !== PROGRESSING);
  const begun = withBeginning(observed, withPause(observed, conditions));
  if (!observed.isRollingOut) return begun;
  const current = conditionOf(begun, PROGRESSING);
  const { counts } = observed;
  if (current?.reason === 'NewReplicaSetAvailable' && counts.replicas === counts.updatedReplicas) return begun;
  if (isComplete(observed.deployment, counts)) {
    return withCondition(begun, said(observed, 'NewReplicaSetAvailable', 'has successfully progressed.'), observed.now);
  }
  if (hasMoved(observed.deployment.status, counts)) {
    return renewed(begun, said(observed, 'ReplicaSetUpdated', 'is progressing.'), observed.now);
  }
  if (isLate(observed, current)) {
    const late = {
      ...said(observed, 'ProgressDeadlineExceeded', 'has timed out progressing.'),
      status: 'False' as const,
    };
    return withCondition(begun, late, observed.now);
  }
  return begun;
}

/** Every pod is of the newest template and available. */
export function isComplete({ spec }: Deployment, counts: Counts): boolean {
  const replicas = spec.replicas ?? 1;
  return [counts.updatedReplicas, counts.replicas, counts.availableReplicas].every((count) => count === replicas);
}

/** When the deadline has to be looked at, in milliseconds from `nowMs`; undefined when nothing is awaited. */
export function deadlineInMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const deadlineMs = deadlineMsOf(deployment);
  const progress = conditionOf(status.conditions ?? [], PROGRESSING);
  if (deadlineMs === undefined || !progress?.lastUpdateTime || deployment.spec.paused) return undefined;
  if (progress.reason === 'NewReplicaSetAvailable' || progress.reason === 'ProgressDeadlineExceeded') return undefined;
  // A second more, since condition times are whole seconds.
  return Math.max(1_000, Date.parse(progress.lastUpdateTime) + deadlineMs - nowMs + 1_000);
}

function deadlineMsOf({ spec }: Deployment): number | undefined {
  const seconds = spec.progressDeadlineSeconds;
  return seconds === undefined || seconds === NO_DEADLINE ? undefined : seconds * 1000;
}

function withPause({ deployment, now }: Observed, conditions: readonly Condition[]): Condition[] {
  const reason = conditionOf(conditions, PROGRESSING)?.reason;
  const say = (word: 'paused' | 'resumed', why: string): Condition[] =>
    withCondition(
      conditions,
      { type: PROGRESSING, status: 'Unknown', reason: why, message: `Deployment is ${word}` },
      now,
    );
  if (reason === 'ProgressDeadlineExceeded') return [...conditions];
  if (deployment.spec.paused && reason !== 'DeploymentPaused') return say('paused', 'DeploymentPaused');
  if (!deployment.spec.paused && reason === 'DeploymentPaused') return say('resumed', 'DeploymentResumed');
  return [...conditions];
}

function withBeginning({ creating, newest, now }: Observed, conditions: readonly Condition[]): Condition[] {
  const begin = (reason: string, message: string): Condition[] =>
    renewed(conditions, { type: PROGRESSING, status: 'True', reason, message }, now);
  if (creating) return begin('NewReplicaSetCreated', `Created new replica set "${creating}"`);
  if (newest && !conditionOf(conditions, PROGRESSING)) {
    return begin('FoundNewReplicaSet', `Found new replica set "${newest.metadata.name}"`);
  }
  return [...conditions];
}

function said({ deployment, newest, creating }: Observed, reason: string, what: string): Condition {
  const name = creating ?? newest?.metadata.name;
  const who = name ? `ReplicaSet "${name}"` : `Deployment "${deployment.metadata.name}"`;
  return { type: PROGRESSING, status: 'True', reason, message: `${who} ${what}` };
}

function hasMoved(before: DeploymentStatus | undefined, now: Counts): boolean {
  const updated = before?.updatedReplicas ?? 0;
  return (
    now.updatedReplicas > updated ||
    now.replicas - now.updatedReplicas < (before?.replicas ?? 0) - updated ||
    now.readyReplicas > (before?.readyReplicas ?? 0) ||
    now.availableReplicas > (before?.availableReplicas ?? 0)
  );
}

function isLate({ deployment, now }: Observed, progress: Condition | undefined): boolean {
  const deadlineMs = deadlineMsOf(deployment);
  if (!progress?.lastUpdateTime || deadlineMs === undefined) return false;
  if (progress.reason === 'NewReplicaSetAvailable') return false;
  return (
    progress.reason === 'ProgressDeadlineExceeded' || Date.parse(progress.lastUpdateTime) + deadlineMs < Date.parse(now)
  );
}
