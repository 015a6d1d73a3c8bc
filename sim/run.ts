import type { Guarantee } from '../src/verify/guarantees/guarantee.ts';
import { neverAboveSurge } from '../src/verify/guarantees/neverabovesurge.ts';
import { neverBelowMinAvailable } from '../src/verify/guarantees/neverbelowminavailable.ts';
import { releasedBeforeStop as recordedRelease } from '../src/verify/guarantees/releasedbeforestop.ts';
import { missing, orphans } from './checkers/converges.ts';
import { durable } from './checkers/durable.ts';
import type { Finding } from './checkers/finding.ts';
import { historyOf } from './checkers/history.ts';
import { noRequestLost } from './checkers/norequestlost.ts';
import { onlyTheLiveWaitedFor } from './checkers/onlythelivewaitedfor.ts';
import { releasedBeforeStop } from './checkers/releasedbeforestop.ts';
import { watchLaws } from './checkers/watchlaws.ts';
import { EPOCH_MS, StallError } from './clock.ts';
import type { FaultKind } from './faultkinds.ts';
import type { Mutation } from './mutations.ts';
import type { Operation, WorldPlan } from './plan.ts';
import { NAMESPACE } from './workload.ts';
import { World } from './world.ts';

export interface RunResult {
  readonly seed: number;
  readonly world: World;
  /** What was broken, in the order of time; empty when every promise held. */
  readonly findings: readonly Finding[];
  /** How much time passed in the world, in milliseconds. */
  readonly simulatedMs: number;
}

/** How long everything may take to come up, and to become what was declared after all faults were healed. */
const SETTLE_BOUND_MS = 120_000;
const CONVERGE_BOUND_MS = 600_000;
const LOAD_AFTER_HEALING_MS = 3_000;
const LAST_REQUESTS_MS = 11_000;

/** Runs one world from its beginning to its end: safety under faults, healing, convergence. */
export async function run(seed: number, plan: WorldPlan, mutation?: Mutation): Promise<RunResult> {
  const world = new World(seed, plan, mutation);
  const crashes: Finding[] = [];
  const onError = (error: unknown) => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    crashes.push({ guarantee: 'NeverCrashes', at: world.time.now, what, about: [] });
  };
  world.time.onError = onError;
  process.on('unhandledRejection', onError);
  process.on('uncaughtException', onError);
  try {
    const stalled = await live(world);
    const findings = [...crashes, ...stalled, ...check(world)].sort((a, b) => a.at - b.at);
    return { seed, world, findings, simulatedMs: world.time.now };
  } finally {
    process.off('unhandledRejection', onError);
    process.off('uncaughtException', onError);
  }
}

async function live(world: World): Promise<Finding[]> {
  try {
    await world.boot();
    await world.time.until(() => missing(world), { boundMs: SETTLE_BOUND_MS, everyMs: 50 });
    await world.run();
    await world.time.advance(LOAD_AFTER_HEALING_MS);
    world.stopLoad();
    await world.time.until(() => missing(world), { boundMs: CONVERGE_BOUND_MS, everyMs: 250 });
    await world.time.until(() => requestsUnderWay(world), { boundMs: LAST_REQUESTS_MS, everyMs: 250 });
    return orphans(world);
  } catch (error) {
    if (!(error instanceof StallError)) throw error;
    const waiting = world.processes.flatMap((process) => process.waiting);
    const what = `${error.message}. Requests without an answer: ${waiting.join('; ') || 'none'}`;
    return [{ guarantee: 'Converges', at: world.time.now, what, about: [] }];
  }
}

function requestsUnderWay({ traffic }: World): string | undefined {
  return traffic.underWay === 0 ? undefined : `${traffic.underWay} requests are answered or lost`;
}

function check(world: World): Finding[] {
  const { truth } = world;
  const { sightings } = truth;
  const { losses } = world.traffic;
  const { crashedAddresses, outages } = world;
  const silences = [...truth.silences, ...silentNow(world)];
  const nameOf = (uid: string) => truth.pod(uid)?.metadata.name ?? uid;
  return [
    ...noRequestLost({ losses, sightings, crashedAddresses, outages, silences }),
    ...releasedBeforeStop({ stops: world.stops, sightings, silences, nameOf }),
    ...(promised(world.plan, ['controllerCrash', 'apiServerRestart', 'controlPlaneRestart', 'messageLoss'])
      ? onlyTheLiveWaitedFor({ sightings, silentSince: silentSince(world) })
      : []),
    ...recorded(world),
    ...durable(world),
    ...watchLaws(world.streams.seen, truth.changes),
  ];
}

/** Consumers that said nothing any more until the end. */
function silentNow({ truth, time }: World) {
  return [...truth.heardAt]
    .filter(([, heardAt]) => time.now - heardAt > 10_000)
    .map(([consumer, heardAt]) => ({ consumer, from: heardAt + 10_000, to: Number.POSITIVE_INFINITY }));
}

function silentSince({ truth, time }: World) {
  const silences = [...truth.silences, ...silentNow({ truth, time } as World)];
  return (consumer: string, at: number) => {
    const silence = silences.find((one) => one.consumer === consumer && one.from <= at && at <= one.to);
    return silence && silence.from - 10_000;
  };
}

/** Faults and acts of users that take pods away without asking the rollout. */
const TAKES_PODS: readonly (FaultKind | Operation['do'])[] = [
  'nodeCrash',
  'nodeCut',
  'appCrash',
  'probeFlap',
  'deletePod',
  'deleteAllPods',
  'scale',
];
/** Faults under which the record of a release may be lost, though not the release. */
const TAKES_RECORDS: readonly FaultKind[] = [
  'nodeCrash',
  'nodeCut',
  'appCrash',
  'apiServerRestart',
  'controlPlaneRestart',
  'messageLoss',
];

/** The guarantees that `verify` reads from what the API says, where nothing in the plan takes them back. */
function recorded(world: World): Finding[] {
  const { plan, truth } = world;
  const judged: Guarantee[] = [];
  // A change of `replicas` moves the bounds while a controller still acts on the ones before.
  if (promised(plan, ['scale'])) judged.push(neverAboveSurge);
  if (promised(plan, TAKES_PODS)) judged.push(neverBelowMinAvailable);
  if (promised(plan, TAKES_RECORDS) && plan.skewMs === 0) judged.push(recordedRelease);
  return plan.services.flatMap(({ name }) => {
    const service = { namespace: NAMESPACE, name };
    const history = historyOf({ service, sightings: truth.sightings, losses: [], changedAt: world.faultsFrom });
    return judged.flatMap((guarantee) =>
      guarantee.violations(history).map(({ at, what }) => ({
        guarantee: guarantee.name,
        at: at - EPOCH_MS,
        what,
        about: [...what.matchAll(/[a-z]+-[a-z0-9-]+/g)].map(([word]) => word),
      })),
    );
  });
}

function promised(plan: WorldPlan, unless: readonly string[]): boolean {
  const drawn: string[] = [...plan.faults.map(({ kind }) => kind), ...plan.operations.map((one) => one.do)];
  return !drawn.some((name) => unless.includes(name));
}
