import type { Pod } from '../api/types/core.ts';
import {
  RELEASE_ANNOTATION,
  RELEASE_LEVELS,
  RELEASE_TIMEOUT_ANNOTATION,
  type ReleaseLevel,
} from '../api/types/segue.ts';

const DEFAULT_GRACE_SECONDS = 30;

/** The release level a pod asks for, or the cluster's own. Validation has refused other values at the API. */
export function releaseLevel(pod: Pod, clusterLevel: ReleaseLevel): ReleaseLevel {
  const asked = pod.metadata.annotations?.[RELEASE_ANNOTATION];
  return RELEASE_LEVELS.find((level) => level === asked) ?? clusterLevel;
}

/** Milliseconds of grace the pod's deletion allows, from the deletion on. */
export function graceMs(pod: Pod): number {
  const seconds = pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds;
  return (seconds ?? DEFAULT_GRACE_SECONDS) * 1000;
}

/**
 * The longest wait for the release, in milliseconds: what the annotation says, else half the grace period; never more
 * than the grace period leaves after what a `preStop` sleep takes for certain.
 */
export function releaseTimeoutMs(pod: Pod): number {
  const grace = graceMs(pod);
  const asked = Number(pod.metadata.annotations?.[RELEASE_TIMEOUT_ANNOTATION] ?? Number.NaN);
  const wanted = Number.isFinite(asked) && asked >= 0 ? asked * 1000 : grace / 2;
  const sleeps = pod.spec.containers.map((container) => (container.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1000);
  return Math.max(0, Math.min(wanted, grace - Math.max(0, ...sleeps)));
}
