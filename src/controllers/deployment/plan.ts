import { controllerReference } from '../../api/owner.ts';
import { deployments } from '../../api/resources.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/types/apps.ts';
import type { Draft } from '../../api/types/meta.ts';
import { type RolloutBounds, rolloutBoundsOf } from './bounds.ts';
import { deadlineInMs, isComplete } from './progress.ts';
import { isScaling, scaledSizes } from './proportional.ts';
import { newestAnnotations, nextRevision, REVISION, revisionOf, sizeAnnotations } from './revisions.ts';
import { newestSize, oldestFirst, oldSizes, type Sizes, sizeOf, sumOf } from './rolling.ts';
import { statusOf } from './status.ts';
import { HASH_LABEL, isSameTemplate, templateHash } from './templatehash.ts';

export interface DeploymentPlan {
  readonly create: Draft<ReplicaSet> | undefined;
  readonly update: readonly SetUpdate[];
  /** Old sets beyond the revision history's limit. */
  readonly remove: readonly ReplicaSet[];
  /** What the Deployment's own revision annotation has to say. */
  readonly revision: string | undefined;
  readonly status: DeploymentStatus;
  /** When to look again although nothing changed, in milliseconds; undefined for never. */
  readonly lookAgainMs: number | undefined;
}

export interface SetUpdate {
  readonly set: ReplicaSet;
  readonly replicas: number;
  readonly annotations: Record<string, string>;
  readonly minReadySeconds: number;
}

interface Scene {
  readonly deployment: Deployment;
  readonly newest: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly bounds: RolloutBounds;
}

/** Sizes to give to sets that exist, and to the newest when it has to be made first. */
interface Step {
  readonly sizes: Sizes;
  readonly createWith?: number;
  readonly isRollingOut: boolean;
}

/**
 * The next step of a Deployment's rollout, and its status: pure. `sets` are those it owns, as they say they are; `now` is
 * RFC 3339. Each step keeps the rollout's bounds whatever becomes of it, and the next one begins from what came of it.
 */
export function planDeployment(deployment: Deployment, sets: readonly ReplicaSet[], now: string): DeploymentPlan {
  const bounds = rolloutBoundsOf(deployment);
  const newest = [...sets].sort(oldestFirst).find((set) => isSameTemplate(set.spec.template, deployment.spec.template));
  const scene: Scene = { deployment, newest, old: sets.filter((set) => set !== newest), bounds };
  const isDeleted = deployment.metadata.deletionTimestamp !== undefined;
  const step: Step = isDeleted ? { sizes: new Map(), isRollingOut: false } : nextStep(scene, sets);
  const create = step.createWith === undefined ? undefined : draftOf(scene, step.createWith);
  const update = isDeleted ? [] : updatesOf(scene, step.sizes);
  const { isRollingOut } = step;
  const status = statusOf({ deployment, sets, bounds, newest, creating: create?.metadata.name, now, isRollingOut });
  const isSettled = deployment.spec.paused || (isRollingOut && update.length === 0 && isDone(deployment, status));
  return {
    create,
    update,
    remove: isSettled && !isDeleted ? surplusHistory(scene) : [],
    revision: create?.metadata.annotations?.[REVISION] ?? newestRevision(update, newest),
    status,
    lookAgainMs: deadlineInMs(deployment, status, Date.parse(now)),
  };
}

function nextStep(scene: Scene, sets: readonly ReplicaSet[]): Step {
  const { deployment, bounds } = scene;
  const { paused, strategy } = deployment.spec;
  if (paused) return { sizes: scaledSizes(deployment, scene, bounds) ?? new Map(), isRollingOut: false };
  const scaled = isScaling(sets, bounds) ? scaledSizes(deployment, scene, bounds) : undefined;
  if (scaled) return { sizes: scaled, isRollingOut: false };
  return strategy?.type === 'Recreate' ? recreate(scene) : rollingUpdate(scene);
}

/** First the newest set grows as far as there is room; when it cannot, the old ones shrink. */
function rollingUpdate({ newest, old, bounds }: Scene): Step {
  const size = newestSize(newest, old, bounds);
  if (!newest) return { sizes: new Map(), createWith: size, isRollingOut: true };
  if (size !== sizeOf(newest)) return { sizes: new Map([[newest, size]]), isRollingOut: true };
  return { sizes: oldSizes(newest, old, bounds), isRollingOut: true };
}

/** Every old pod is gone before the first new one is made. */
function recreate({ newest, old, bounds }: Scene): Step {
  const active = old.filter((set) => sizeOf(set) > 0);
  if (active.length > 0) return { sizes: new Map(active.map((set) => [set, 0])), isRollingOut: true };
  if (old.some(hasPods)) return { sizes: new Map(), isRollingOut: true };
  if (!newest) return { sizes: new Map(), createWith: bounds.replicas, isRollingOut: true };
  return { sizes: new Map([[newest, bounds.replicas]]), isRollingOut: true };
}

/** Whether the set has pods left, those being stopped included, or has not yet said what became of its last change. */
function hasPods({ metadata, status }: ReplicaSet): boolean {
  const isHeard = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return !isHeard || (status?.replicas ?? 0) + (status?.terminatingReplicas ?? 0) > 0;
}

function draftOf({ deployment, old, bounds }: Scene, replicas: number): Draft<ReplicaSet> {
  const { metadata, spec, status } = deployment;
  const hash = templateHash(spec.template, status?.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${metadata.name}-${hash}`,
      ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
      labels,
      annotations: { ...newestAnnotations(deployment, undefined, nextRevision(old)), ...sizeAnnotations(bounds) },
      ownerReferences: [controllerReference(deployments, deployment)],
    },
    spec: {
      replicas,
      minReadySeconds: spec.minReadySeconds ?? 0,
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

function updatesOf({ deployment, newest, old, bounds }: Scene, sizes: Sizes): SetUpdate[] {
  const updates: SetUpdate[] = [];
  for (const set of newest ? [newest, ...old] : old) {
    const base =
      set === newest ? newestAnnotations(deployment, set, nextRevision(old)) : (set.metadata.annotations ?? {});
    const size = sizes.get(set);
    const update: SetUpdate = {
      set,
      replicas: size ?? sizeOf(set),
      annotations: size === undefined ? base : { ...base, ...sizeAnnotations(bounds) },
      minReadySeconds: (set === newest ? deployment.spec.minReadySeconds : set.spec.minReadySeconds) ?? 0,
    };
    if (isChange(update)) updates.push(update);
  }
  return updates;
}

function isChange({ set, replicas, annotations, minReadySeconds }: SetUpdate): boolean {
  if (replicas !== sizeOf(set) || minReadySeconds !== (set.spec.minReadySeconds ?? 0)) return true;
  return Object.entries(annotations).some(([key, value]) => set.metadata.annotations?.[key] !== value);
}

function newestRevision(updates: readonly SetUpdate[], newest: ReplicaSet | undefined): string | undefined {
  if (!newest) return undefined;
  const { annotations } = updates.find(({ set }) => set === newest) ?? newest.metadata;
  return annotations?.[REVISION];
}

function isDone(deployment: Deployment, status: DeploymentStatus): boolean {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  return isComplete(deployment, { replicas, updatedReplicas, readyReplicas, availableReplicas });
}

/** The oldest revisions beyond the limit, as far as nothing is left of them. */
function surplusHistory({ deployment, old }: Scene): ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? Number.POSITIVE_INFINITY;
  const kept = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const surplus = Math.max(0, kept.length - limit);
  const eldest = [...kept].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, surplus);
  return eldest.filter((set) => sumOf([set], sizeOf) === 0 && !hasPods(set));
}
