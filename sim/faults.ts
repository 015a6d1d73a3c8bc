import type { Random } from '../src/base/random.ts';
import type { FaultKind } from './faultkinds.ts';
import { FAIR_WEATHER } from './network.ts';
import type { SimProcess } from './process.ts';
import { between, chance, pick } from './random.ts';
import type { Stage } from './stage.ts';

/** Begins the fault and returns what ends it. */
type Fault = (
  world: Stage,
  at: { strength: number; random: Random; lagMs?: number | undefined },
) => () => Promise<void> | void;

const NOTHING = () => {};

/** Calls `act` again and again, after a random while around `meanMs`, until it is told to stop. */
function often(world: Stage, at: { random: Random; meanMs: number; act: () => void }): () => void {
  let stopped = false;
  const next = () => {
    world.time.after(between(at.random, at.meanMs / 2, at.meanMs * 1.5), () => {
      if (stopped) return;
      at.act();
      next();
    });
  };
  next();
  return () => {
    stopped = true;
  };
}

function weather(processes: readonly SimProcess[], set: Partial<typeof FAIR_WEATHER>): () => void {
  for (const process of processes) process.weather = { ...FAIR_WEATHER, ...set };
  return () => {
    for (const process of processes) process.weather = FAIR_WEATHER;
  };
}

function some<T>(random: Random, from: readonly T[]): T[] {
  const chosen = from.filter(() => chance(random, 0.5));
  return chosen.length > 0 ? chosen : [pick(random, from)];
}

export const FAULTS: Readonly<Record<FaultKind, Fault>> = {
  watchLag: (world, { strength, random }) =>
    weather(some(random, world.processes), { watchDelayMs: [0, 20 + strength ** 2 * 2_000] }),

  consumerLag: (world, { strength, random, lagMs }) => {
    const proxies = world.nodes.map(({ proxy }) => proxy);
    if (lagMs !== undefined) return weather(proxies, { watchDelayMs: [lagMs * 0.9, lagMs] });
    return weather(some(random, proxies), { watchDelayMs: [strength * 200, 200 + strength ** 2 * 10_000] });
  },

  latency: (world, { strength, random }) =>
    weather(some(random, world.processes), { delayMs: [0.5, 5 + strength * 200] }),

  messageLoss: (world, { strength, random }) =>
    weather(some(random, world.processes), { loss: 0.005 + strength * 0.1 }),

  brokenStreams: (world, { strength, random }) =>
    often(world, { random, meanMs: 3_000 - strength * 2_500, act: () => pick(random, world.processes).breakStreams() }),

  controllerCrash: (world, { strength, random }) => {
    const crash = () => {
      const process = pick(random, world.controllers);
      process.kill();
      world.time.after(between(random, 0, 4_000), () => void process.start());
    };
    crash();
    return often(world, { random, meanMs: 8_000 - strength * 6_000, act: crash });
  },

  apiServerRestart: (world, { strength, random }) => {
    world.crashApiServer();
    world.time.after(between(random, 20, 100 + strength * 4_000), () => void world.startApiServer());
    return NOTHING;
  },

  controlPlaneRestart: (world, { strength, random }) => {
    world.crashApiServer();
    for (const process of world.controllers) process.kill();
    world.time.after(between(random, 20, 100 + strength * 4_000), () => {
      void world.startApiServer();
      for (const process of world.controllers) void process.start();
    });
    return NOTHING;
  },

  nodeCrash: (world, { random }) => {
    const node = pick(random, world.nodes);
    if (world.nodes.filter(({ isUp }) => isUp).length < 2) return NOTHING;
    node.crash();
    return () => node.start();
  },

  nodeCut: (world, { random }) => {
    const node = pick(random, world.nodes);
    node.cut();
    return () => node.mend();
  },

  slowDisk: (world, { strength }) => {
    world.diskMs = [1, 5 + strength * 150];
    return () => {
      world.diskMs = [0.2, 1.5];
    };
  },

  probeFlap: (world, { random }) => {
    const stop = often(world, {
      random,
      meanMs: 2_000,
      act: () => {
        const apps = world.nodes.flatMap((node) => (node.isUp ? [...node.apps.values()] : []));
        const app = apps.length > 0 ? pick(random, apps) : undefined;
        if (app) app.isFlapping = !app.isFlapping;
      },
    });
    return () => {
      stop();
      for (const node of world.nodes) for (const app of node.apps.values()) app.isFlapping = false;
    };
  },

  appCrash: (world, { random }) =>
    often(world, {
      random,
      meanMs: 5_000,
      act: () => {
        const apps = world.nodes.flatMap((node) => (node.isUp ? [...node.apps.values()] : []));
        if (apps.length > 0) pick(random, apps).crash();
      },
    }),

  kernelRefuses: (world, { strength, random }) => {
    const nodes = some(random, world.nodes);
    for (const node of nodes) node.kernelRefuses = 0.1 + strength * 0.6;
    return () => {
      for (const node of nodes) node.kernelRefuses = 0;
    };
  },

  compaction: (world, { random }) =>
    often(world, { random, meanMs: 1_500, act: () => world.compact(between(random, 0, 30)) }),
};
