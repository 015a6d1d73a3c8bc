import type { KubeEvent, Pod } from '../../src/api/types/core.ts';
import { type PodRelease, RELEASED_CONDITION } from '../../src/api/types/segue.ts';
import type { Sighting } from '../../src/verify/history.ts';
import { EPOCH_MS } from '../clock.ts';
import type { StopFact } from '../world.ts';
import type { Finding } from './finding.ts';

export interface StopFacts {
  readonly stops: readonly StopFact[];
  readonly sightings: readonly Sighting[];
  /** When consumers said nothing for longer than their lease. */
  readonly silences: readonly Silence[];
  nameOf(podUID: string): string;
}

export interface Silence {
  readonly consumer: string;
  readonly from: number;
  readonly to: number;
}

/**
 * ReleasedBeforeStop, by the world's own eyes: no container got its stop signal while the rules of a live router gave
 * its pod new connections, unless the cap was reached and somebody says so, or nobody was to be waited for.
 */
export function releasedBeforeStop({ stops, sightings, silences, nameOf }: StopFacts): Finding[] {
  const excused = excusedPods(sightings);
  const deletedAt = deletions(sightings);
  return stops.flatMap(({ at, podUID, routers: known }) => {
    // A release that was decided while a router was cut off stands, also when the router is back before the stop.
    const since = deletedAt.get(podUID) ?? at;
    const wasCutOff = (router: string) =>
      silences.some(({ consumer, from, to }) => consumer === router && from <= at && to >= since);
    const routers = known.filter((router) => !wasCutOff(router));
    if (routers.length === 0 || excused.has(podUID)) return [];
    const what = `pod ${nameOf(podUID)} was told to stop while the rules of ${routers.join(', ')} still led to it`;
    return [{ guarantee: 'ReleasedBeforeStop', at, what, about: [nameOf(podUID), ...routers] }];
  });
}

/** When each pod's deletion began, in simulated milliseconds. */
function deletions(sightings: readonly Sighting[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { object, at } of sightings) {
    const { uid, deletionTimestamp } = object.metadata;
    if (object.kind === 'Pod' && deletionTimestamp && !found.has(uid)) found.set(uid, at - EPOCH_MS);
  }
  return found;
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
