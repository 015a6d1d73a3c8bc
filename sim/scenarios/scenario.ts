import type { KubeEvent } from '../../src/api/types/core.ts';
import type { Finding } from '../checkers/finding.ts';
import type { Operation, ServicePlan, WorldPlan } from '../plan.ts';
import type { World } from '../world.ts';

/** A named story: what is there, what happens, and what must be so at the end besides the promises. */
export interface Scenario {
  readonly name: string;
  /** What it shows, in a sentence. */
  readonly says: string;
  readonly plan: WorldPlan;
  /** What else must be so; a finding for each thing that is not. */
  readonly also?: (world: World) => Finding[];
}

/** A service of four pods that roll one by one, at 60 requests a second, without any preStop. */
export function service(facts: Partial<ServicePlan> = {}): ServicePlan {
  return {
    name: 'web',
    replicas: 4,
    maxSurge: 1,
    maxUnavailable: 0,
    graceSeconds: 30,
    preStopSeconds: 0,
    level: 'Observed',
    app: {},
    perSecond: 60,
    ...facts,
  };
}

/** Three nodes in fair weather for twenty seconds. */
export function story(facts: Partial<WorldPlan>): WorldPlan {
  return {
    nodes: 3,
    services: [service()],
    operations: [{ atMs: 2_000, service: 0, do: 'rollout' }],
    faults: [],
    durationMs: 20_000,
    keepRevisions: 10_000,
    skewMs: 0,
    ...facts,
  };
}

/** Every router lags by this long, all the time. */
export function lag(lagMs: number, durationMs: number): Pick<WorldPlan, 'faults' | 'durationMs'> {
  return { durationMs, faults: [{ kind: 'consumerLag', atMs: 0, forMs: durationMs, strength: 1, lagMs }] };
}

export function at(
  seconds: number,
  operation: Operation['do'] & ('rollout' | 'deletePod' | 'deleteAllPods'),
): Operation {
  return { atMs: seconds * 1000, service: 0, do: operation };
}

/** A finding of a scenario's own when `holds` is false. */
export function need(world: World, holds: boolean, what: string): Finding[] {
  return holds ? [] : [{ guarantee: 'Scenario', at: world.time.now, what, about: [] }];
}

/** Releases that reached their cap. */
export function timeouts({ truth }: World): number {
  return truth.sightings.filter(
    ({ object }) => object.kind === 'Event' && (object as KubeEvent).reason === 'ReleaseTimedOut',
  ).length;
}

/** Nothing was lost, and nobody waited until the cap for it. */
export function unharmed(world: World): Finding[] {
  const lost = world.traffic.losses.length;
  return [
    ...need(world, lost === 0, `${lost} requests were lost`),
    ...need(world, timeouts(world) === 0, `${timeouts(world)} releases reached their cap`),
  ];
}
