import type { KubeEvent, Pod } from '../../src/api/types/core.ts';
import { type PodRelease, RELEASED_CONDITION } from '../../src/api/types/segue.ts';
import type { Sighting } from '../../src/verify/history.ts';
import type { StopFact } from '../world.ts';
import type { Finding } from './finding.ts';

export interface StopFacts {
  readonly stops: readonly StopFact[];
  readonly sightings: readonly Sighting[];
  nameOf(podUID: string): string;
}

/**
 * ReleasedBeforeStop, by the world's own eyes: no container got its stop signal while the rules of a live router gave
 * its pod new connections, unless the cap was reached and somebody says so, or nobody was to be waited for.
 */
export function releasedBeforeStop({ stops, sightings, nameOf }: StopFacts): Finding[] {
  const excused = excusedPods(sightings);
  return stops
    .filter(({ routers, podUID }) => routers.length > 0 && !excused.has(podUID))
    .map(({ at, podUID, routers }) => ({
      guarantee: 'ReleasedBeforeStop',
      at,
      what: `pod ${nameOf(podUID)} was told to stop while the rules of ${routers.join(', ')} still led to it`,
      about: [nameOf(podUID), ...routers],
    }));
}

/** Pods that were stopped at the cap, by force, or without a wait because their level is None. */
export function excusedPods(sightings: readonly Sighting[]): Set<string> {
  const excused = new Set<string>();
  for (const { object, type } of sightings) {
    if (object.kind === 'PodRelease') {
      const { spec, status } = object as PodRelease;
      if (status.outcome === 'TimedOut' || spec.level === 'None') excused.add(spec.podUID);
    } else if (object.kind === 'Event') {
      const { reason, involvedObject } = object as KubeEvent;
      if (reason === 'ReleaseTimedOut' && involvedObject.uid) excused.add(involvedObject.uid);
    } else if (object.kind === 'Pod' && isForcedOrCapped(object as Pod, type)) excused.add(object.metadata.uid);
  }
  return excused;
}

function isForcedOrCapped(pod: Pod, type: Sighting['type']): boolean {
  const { deletionGracePeriodSeconds, annotations, deletionTimestamp } = pod.metadata;
  const released = pod.status?.conditions?.find((condition) => condition.type === RELEASED_CONDITION);
  const isForced = deletionGracePeriodSeconds === 0 && type !== 'DELETED';
  const vanished = type === 'DELETED' && deletionTimestamp === undefined;
  return isForced || vanished || released?.reason === 'TimedOut' || annotations?.['segue.dev/release'] === 'None';
}
