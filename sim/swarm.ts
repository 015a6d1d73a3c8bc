import type { ReleaseLevel } from '../src/api/types/segue.ts';
import type { Random } from '../src/base/random.ts';
import type { AppBehaviour } from './app.ts';
import { FAULT_KINDS, type FaultKind } from './faultkinds.ts';
import type { FaultPlan, Operation, ServicePlan, WorldPlan } from './plan.ts';
import { between, chance, pick, splitRandom, wholeBetween } from './random.ts';

/** What a user may fix; the seed draws the rest. */
export interface SwarmOptions {
  readonly nodes?: number;
  /** Only these faults may be on. */
  readonly faults?: readonly FaultKind[];
}

const FAULT_SHARE = 0.25;
/** How much of its time the event loop of one pod may be blocked when all the load comes to it: less than overload. */
const BUSY_MAX = 0.3;

/**
 * One cluster drawn by the seed. Swarm testing: each seed has its own few faults on, because a run with all of them
 * seldom gets far enough into any of them.
 */
export function swarmPlan(seed: number, options: SwarmOptions = {}): WorldPlan {
  const random = splitRandom(seed, 'swarm');
  const nodes = options.nodes ?? wholeBetween(random, 1, 4);
  const durationMs = Math.round(between(random, 6_000, 24_000));
  const services = Array.from({ length: wholeBetween(random, 1, 2) }, (_, index) => service(random, index));
  const kinds = (options.faults ?? FAULT_KINDS).filter(() => chance(random, FAULT_SHARE));
  return {
    nodes,
    services,
    operations: operations(random, { services, durationMs }),
    faults: kinds.flatMap((kind) => faults(random, { kind, durationMs })),
    durationMs,
    keepRevisions: chance(random, 0.2) ? 200 : 10_000,
    skewMs: chance(random, 0.2) ? 600_000 : 0,
  };
}

function service(random: Random, index: number): ServicePlan {
  const replicas = wholeBetween(random, 1, 5);
  const maxUnavailable = chance(random, 0.6) ? 0 : 1;
  const level: ReleaseLevel = chance(random, 0.8) ? 'Observed' : chance(random, 0.6) ? 'Drained' : 'None';
  const perSecond = pick(random, [0, 10, 30, 60, 120]);
  const graceSeconds = pick(random, [5, 15, 30, 30, 60]);
  return {
    name: `web-${index + 1}`,
    replicas,
    maxSurge: maxUnavailable === 0 ? wholeBetween(random, 1, replicas) : wholeBetween(random, 0, 2),
    maxUnavailable,
    graceSeconds,
    preStopSeconds: chance(random, 0.15) ? wholeBetween(random, 1, 3) : 0,
    level,
    ...(chance(random, 0.1) ? { releaseTimeoutSeconds: wholeBetween(random, 0, graceSeconds) } : {}),
    app: app(random, { level, perSecond }),
    perSecond,
  };
}

function app(random: Random, { level, perSecond }: { level: ReleaseLevel; perSecond: number }): Partial<AppBehaviour> {
  const fast = between(random, 0.5, 3);
  const blockedMs = between(random, 5, 120);
  return {
    readyMs: [10, between(random, 20, 2_000)],
    serviceMs: [fast, fast + between(random, 1, 100)],
    blockedMs,
    blockedShare: chance(random, 0.5) ? Math.min(0.5, BUSY_MAX / ((perSecond * blockedMs) / 2_000)) : 0,
    onStop: chance(random, 0.7) ? 'finish' : pick(random, ['linger', 'ignore', level === 'Drained' ? 'die' : 'finish']),
    lingerMs: between(random, 100, 2_000),
    backlog: backlog(random, (perSecond * blockedMs) / 1000),
  };
}

/**
 * A short queue now and then, but none that overflows whenever its app is held up: clients that give up on an overloaded
 * app are not what is promised about. `arriving`: connections that come while it is held up, at most.
 */
function backlog(random: Random, arriving: number): number {
  const drawn = pick(random, [128, 128, 4]);
  return drawn >= arriving ? drawn : 128;
}

function operations(random: Random, world: { services: readonly ServicePlan[]; durationMs: number }): Operation[] {
  const { services, durationMs } = world;
  return Array.from({ length: wholeBetween(random, 1, 4) }, (): Operation => {
    const index = wholeBetween(random, 0, services.length - 1);
    const at = { atMs: Math.round(between(random, 500, durationMs)), service: index };
    const kind = pick(random, ['rollout', 'rollout', 'rollout', 'scale', 'deletePod', 'deleteAllPods'] as const);
    return kind === 'scale' ? { ...at, do: kind, replicas: wholeBetween(random, 1, 5) } : { ...at, do: kind };
  });
}

function faults(random: Random, { kind, durationMs }: { kind: FaultKind; durationMs: number }): FaultPlan[] {
  return Array.from({ length: wholeBetween(random, 1, 2) }, () => ({
    kind,
    atMs: Math.round(between(random, 0, durationMs * 0.8)),
    forMs: Math.round(kind === 'nodeCrash' ? between(random, 3_000, 40_000) : between(random, 500, durationMs)),
    strength: random.next(),
  }));
}
