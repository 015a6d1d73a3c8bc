import type { Deployment, ReplicaSet } from '../api/types/apps.ts';
import type { KubeEvent, Pod, Service } from '../api/types/core.ts';
import type { PodRelease } from '../api/types/segue.ts';
import type { LossEvent, SecondEvent, SummaryEvent } from './load/events.ts';

/**
 * What was seen while a change was made under load: the input of every guarantee. All times are milliseconds since
 * the epoch, as the recorder's clock showed them.
 */
export interface History {
  /** What was done, in the user's words. */
  readonly change: string;
  readonly changedAt: number;
  /** When the change was complete; absent when it was not before the recording ended. */
  readonly settledAt?: number;
  /** Namespace and name of the Service that the load went through. */
  readonly service: { readonly namespace: string; readonly name: string };
  readonly load: SummaryEvent;
  readonly losses: readonly LossEvent[];
  readonly seconds: readonly SecondEvent[];
  /** Every change of every object watched, from what existed at the start, in the order in which it was seen. */
  readonly sightings: readonly Sighting[];
}

/** One watch event with the time at which it was seen. */
export interface Sighting<T extends SeenObject = SeenObject> {
  readonly at: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
}

interface SeenKinds {
  Pod: Pod;
  Service: Service;
  Deployment: Deployment;
  ReplicaSet: ReplicaSet;
  PodRelease: PodRelease;
  Event: KubeEvent;
}

export type SeenKind = keyof SeenKinds;
export type SeenObject = SeenKinds[SeenKind];

/** The kinds to watch, in every namespace of interest, so that a history is complete. */
export const SEEN_KINDS: readonly SeenKind[] = ['Pod', 'Service', 'Deployment', 'ReplicaSet', 'PodRelease', 'Event'];

/** The sightings of one kind, in the order in which they were seen. */
export function sightingsOf<K extends SeenKind>(history: History, kind: K): Sighting<SeenKinds[K]>[] {
  return history.sightings.filter((sighting) => sighting.object.kind === kind) as Sighting<SeenKinds[K]>[];
}

/**
 * Sightings in the order in which the writes happened. Kinds are watched by separate streams, which say nothing about
 * the order between them; resourceVersion does.
 */
export function inOrderOfWrites<T extends SeenObject>(sightings: readonly Sighting<T>[]): Sighting<T>[] {
  return [...sightings].sort((a, b) => revisionOf(a.object) - revisionOf(b.object));
}

function revisionOf(object: SeenObject): number {
  return Number(object.metadata.resourceVersion);
}
