import type { Deployment } from '../../src/api/types/apps.ts';
import type { Pod } from '../../src/api/types/core.ts';
import { missing } from '../checkers/converges.ts';
import { FAIR_WEATHER } from '../network.ts';
import { operate } from '../operations.ts';
import type { WorldPlan } from '../plan.ts';
import { World } from '../world.ts';
import { behaviourOf, boundsOf, graceSecondsOf, type Setting, type Strategy } from './setting.ts';

/** How many pods there are from a moment on. */
export interface PodCount {
  /** Milliseconds since the rollout was asked for. */
  readonly atMs: number;
  /** Made and not told to go, ready or not. */
  readonly running: number;
  /** Told to go and still there. */
  readonly terminating: number;
}

/** What one rollout under load came to, by one seed. */
export interface Rollout {
  readonly sent: number;
  readonly lost: number;
  /** Until every replica was new and available. */
  readonly rolledOutMs: number;
  /** Until the last old pod was gone. */
  readonly goneMs: number;
  /** In the order of time; the first at 0. */
  readonly counts: readonly PodCount[];
}

const SERVICE = 'web';
const BOOT_BOUND_MS = 600_000;
const ROLLOUT_BOUND_MS = 48 * 3_600_000;
const LAST_REQUESTS_MS = 20_000;
const WARM_UP_MS = 1_000;

/** Brings up a cluster, puts it under load and rolls its Deployment out once. */
export async function rollOut(seed: number, task: { setting: Setting; strategy: Strategy }): Promise<Rollout> {
  const { setting } = task;
  const world = new World(seed, planOf(task));
  const { time } = world;
  await world.boot();
  await time.until(() => missing(world), { boundMs: BOOT_BOUND_MS + 10 * setting.readyMs, everyMs: 50 });
  for (const { proxy } of world.nodes) proxy.weather = { ...FAIR_WEATHER, watchDelayMs: setting.lag.draw };
  world.startLoad();
  await time.advance(WARM_UP_MS);
  const watched = watchRollout(world);
  await rollAndSettle(world);
  world.stopLoad();
  const underWay = () => (world.traffic.underWay > 0 ? 'the last requests are answered or lost' : undefined);
  await time.until(underWay, { boundMs: LAST_REQUESTS_MS, everyMs: 100 });
  return { sent: world.traffic.sent, lost: world.traffic.losses.length, ...watched.result() };
}

async function rollAndSettle(world: World): Promise<void> {
  let asked = false;
  void operate(world, { atMs: 0, service: 0, do: 'rollout' }).then(() => {
    asked = true;
  });
  const lack = () => (asked ? missing(world) : 'the rollout is asked for');
  await world.time.until(lack, { boundMs: ROLLOUT_BOUND_MS, everyMs: 250 });
}

function planOf({ setting, strategy }: { setting: Setting; strategy: Strategy }): WorldPlan {
  const isGate = strategy === 'gate';
  return {
    nodes: setting.nodes,
    services: [
      {
        name: SERVICE,
        replicas: setting.replicas,
        ...boundsOf(setting),
        graceSeconds: graceSecondsOf(setting, strategy),
        preStopSeconds: isGate ? 0 : strategy.sleepSeconds,
        level: isGate ? setting.release : 'None',
        app: behaviourOf(setting),
        perSecond: setting.perSecond,
      },
    ],
    operations: [],
    faults: [],
    durationMs: 0,
    keepRevisions: 10_000,
    skewMs: 0,
  };
}

/** Counts pods from now on, from what the API server holds. */
function watchRollout(world: World): { result(): Pick<Rollout, 'rolledOutMs' | 'goneMs' | 'counts'> } {
  const startedAt = world.time.now;
  const since = () => world.time.now - startedAt;
  const pods = new Map(
    world.truth.list<Pod>('/registry/core/pods/').map((pod) => [pod.metadata.uid, isTerminating(pod)]),
  );
  const counts: PodCount[] = [];
  const count = () => {
    const terminating = [...pods.values()].filter((isGoing) => isGoing).length;
    counts.push({ atMs: since(), running: pods.size - terminating, terminating });
  };
  count();
  let rolledOutMs = 0;
  world.truth.onChange(({ key, type, object }) => {
    if (key.startsWith('/registry/core/pods/')) {
      const before = pods.get(object.metadata.uid);
      const now = type === 'put' ? isTerminating(object as Pod) : undefined;
      if (now === undefined) pods.delete(object.metadata.uid);
      else pods.set(object.metadata.uid, now);
      if (before !== now) count();
    } else if (
      rolledOutMs === 0 &&
      key.startsWith('/registry/apps/deployments/') &&
      isRolledOut(object as Deployment)
    ) {
      rolledOutMs = since();
    }
  });
  return { result: () => ({ rolledOutMs, goneMs: counts.at(-1)?.atMs ?? 0, counts }) };
}

function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** As `kubectl rollout status` sees it, once there is something new. */
function isRolledOut({ metadata, spec, status }: Deployment): boolean {
  const { observedGeneration = 0, replicas, updatedReplicas, availableReplicas } = status ?? {};
  const isNew = observedGeneration === metadata.generation && observedGeneration > 1;
  return isNew && [replicas, updatedReplicas, availableReplicas].every((count) => count === spec.replicas);
}
