import { isPodReady, selects } from '../api/servicepods.ts';
import type { Pod } from '../api/types/core.ts';
import type { PodRelease } from '../api/types/segue.ts';
import { type History, inOrderOfWrites, type Sighting, sightingsOf } from './history.ts';

/** One pod from its first sighting to its last. Times in milliseconds since the epoch. */
export interface PodLife {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** As last seen. */
  readonly pod: Pod;
  /** True when the Service under load selects it. */
  readonly backend: boolean;
  readonly firstSeenAt: number;
  /** When it was ready and not being deleted. An open interval ends at infinity. */
  readonly ready: readonly Interval[];
  readonly deletedAt: number | undefined;
  readonly releasedAt: number | undefined;
  readonly quietAt: number | undefined;
  /** Told to stop: preStop or the stop signal, whichever came first. */
  readonly stoppedAt: number | undefined;
  readonly goneAt: number | undefined;
  readonly release: PodRelease | undefined;
}

export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** Where in its life a pod was at some moment. */
export type PodPhaseAt = 'Unknown' | 'Starting' | 'Serving' | 'AwaitingRelease' | 'Stopping' | 'Gone';

/** Every pod of the history, in the order of first sighting. */
export function podLives(history: History): PodLife[] {
  const releases = new Map(sightingsOf(history, 'PodRelease').map(({ object }) => [object.spec.podUID, object]));
  const services = sightingsOf(history, 'Service').filter(({ object: { metadata } }) => {
    return metadata.name === history.service.name && metadata.namespace === history.service.namespace;
  });
  const byUid = Map.groupBy(inOrderOfWrites(sightingsOf(history, 'Pod')), ({ object }) => object.metadata.uid);
  return [...byUid.values()].map((sightings) => {
    const uid = sightings[0]?.object.metadata.uid ?? '';
    const backend = services.some(({ object }) => sightings.some((seen) => selects(object, seen.object)));
    return lifeOf(sightings, { backend, release: releases.get(uid) });
  });
}

/** Where `life` was at `at`. */
export function phaseAt(life: PodLife, at: number): PodPhaseAt {
  if (at < life.firstSeenAt) return 'Unknown';
  if (life.goneAt !== undefined && at >= life.goneAt) return 'Gone';
  const stoppedAt = presumedStopAt(life);
  if (stoppedAt !== undefined && at >= stoppedAt) return 'Stopping';
  if (life.deletedAt !== undefined && at >= life.deletedAt) return 'AwaitingRelease';
  return life.ready.some(({ from }) => from <= at) ? 'Serving' : 'Starting';
}

/** When the pod was told to stop: as recorded, and at its deletion where nobody was to be waited for. */
export function presumedStopAt(life: PodLife): number | undefined {
  const waits = life.release !== undefined && life.release.spec.level !== 'None';
  return life.stoppedAt ?? (waits ? undefined : life.deletedAt);
}

export function isReadyAt(life: PodLife, at: number): boolean {
  return life.ready.some(({ from, to }) => from <= at && at < to);
}

function lifeOf(
  sightings: readonly Sighting<Pod>[],
  facts: { backend: boolean; release: PodRelease | undefined },
): PodLife {
  const { backend, release } = facts;
  const first = sightings[0] as Sighting<Pod>;
  const last = sightings.at(-1) as Sighting<Pod>;
  const deletion = sightings.find(({ object }) => object.metadata.deletionTimestamp !== undefined);
  return {
    uid: last.object.metadata.uid,
    name: last.object.metadata.name,
    namespace: last.object.metadata.namespace ?? '',
    pod: last.object,
    backend,
    firstSeenAt: first.at,
    ready: readyIntervals(sightings),
    deletedAt: timeOf(release?.status.deletedAt) ?? deletion?.at,
    releasedAt: timeOf(release?.status.releasedAt),
    quietAt: timeOf(release?.status.quietAt),
    stoppedAt: timeOf(release?.status.stoppedAt),
    goneAt: last.type === 'DELETED' ? last.at : undefined,
    release,
  };
}

function readyIntervals(sightings: readonly Sighting<Pod>[]): Interval[] {
  const intervals: Interval[] = [];
  let from: number | undefined;
  for (const { at, type, object } of sightings) {
    const ready = type !== 'DELETED' && object.metadata.deletionTimestamp === undefined && isPodReady(object);
    if (ready) from ??= at;
    else if (from !== undefined) {
      intervals.push({ from, to: at });
      from = undefined;
    }
  }
  if (from !== undefined) intervals.push({ from, to: Number.POSITIVE_INFINITY });
  return intervals;
}

function timeOf(timestamp: string | undefined): number | undefined {
  return timestamp === undefined ? undefined : Date.parse(timestamp);
}
