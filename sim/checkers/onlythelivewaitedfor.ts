import type { PodRelease } from '../../src/api/types/segue.ts';
import type { Sighting } from '../../src/verify/history.ts';
import { EPOCH_MS } from '../clock.ts';
import type { Finding } from './finding.ts';

/** What the gate may take beyond a lease to notice that it lapsed, in milliseconds. */
const NOTICE_MS = 5_000;
const LEASE_MS = 10_000;

/**
 * OnlyTheLiveWaitedFor (DESIGN 2.3): a consumer whose lease lapsed holds nobody up. `silentSince` says since when a
 * consumer had been silent at a moment, in simulated milliseconds.
 */
export function onlyTheLiveWaitedFor(facts: {
  sightings: readonly Sighting[];
  silentSince: (consumer: string, at: number) => number | undefined;
}): Finding[] {
  const told = new Set<string>();
  return facts.sightings.flatMap(({ object, at, type }) => {
    if (object.kind !== 'PodRelease' || type === 'DELETED') return [];
    const { status, metadata } = object as PodRelease;
    const now = at - EPOCH_MS;
    if (status.outcome !== 'TimedOut' || told.has(metadata.uid) || status.waitingFor.length === 0) return [];
    const isDead = (name: string) => {
      const since = facts.silentSince(name, now);
      return since !== undefined && now - since > LEASE_MS + NOTICE_MS;
    };
    if (!status.waitingFor.every(isDead)) return [];
    told.add(metadata.uid);
    const what = `pod ${metadata.name} waited until its cap for ${status.waitingFor.join(', ')}, whose lease had lapsed`;
    return [{ guarantee: 'OnlyTheLiveWaitedFor', at: now, what, about: [metadata.name, ...status.waitingFor] }];
  });
}
