import { type PodCount, type Rollout, rollOut } from './rollout.ts';
import { checkSetting, nameOf, type Setting, strategiesOf } from './setting.ts';

/** What one strategy costs, over all seeds. Times in seconds. */
export interface StrategyReport {
  readonly name: string;
  /** Null for the gate. */
  readonly sleepSeconds: number | null;
  /** Requests lost in one rollout: the mean of all seeds, the most of any, and how many seeds lost some. */
  readonly lost: { readonly mean: number; readonly most: number; readonly seeds: number };
  /** Requests sent in one rollout, on average. */
  readonly sent: number;
  /** Until every replica was new and available; until the last old pod was gone. Means. */
  readonly rolledOutSeconds: number;
  readonly goneSeconds: number;
  /** The most at any moment of any seed. */
  readonly peak: { readonly running: number; readonly terminating: number; readonly together: number };
  /** Mean pod-seconds above the replicas: what was made too early, and what was slow to leave. */
  readonly surplusPodSeconds: { readonly running: number; readonly terminating: number };
  /** Pods in the moment when the rollout was done, by the first seed. */
  readonly whenRolledOut: { readonly running: number; readonly terminating: number };
  /** Pods over time, by the first seed. */
  readonly series: readonly { readonly seconds: number; readonly running: number; readonly terminating: number }[];
}

export interface Simulation {
  readonly replicas: number;
  readonly seeds: readonly number[];
  readonly strategies: readonly StrategyReport[];
}

/**
 * Rolls the same Deployment out with each strategy and each seed. The same setting gives the same report, whenever and
 * wherever it runs. Throws `PlanError` before anything runs.
 */
export async function simulate(setting: Setting): Promise<Simulation> {
  checkSetting(setting);
  const seeds = Array.from({ length: setting.seeds }, (_, index) => setting.seed + index);
  const strategies: StrategyReport[] = [];
  for (const strategy of strategiesOf(setting)) {
    const rollouts: Rollout[] = [];
    for (const seed of seeds) rollouts.push(await rollOut(seed, { setting, strategy }));
    const sleepSeconds = strategy === 'gate' ? null : strategy.sleepSeconds;
    strategies.push({ name: nameOf(strategy), sleepSeconds, ...summary(rollouts, setting.replicas) });
  }
  return { replicas: setting.replicas, seeds, strategies };
}

function summary(rollouts: readonly Rollout[], replicas: number): Omit<StrategyReport, 'name' | 'sleepSeconds'> {
  const mean = (of: (rollout: Rollout) => number) =>
    rounded(rollouts.reduce((sum, rollout) => sum + of(rollout), 0) / rollouts.length);
  const most = (of: (count: PodCount) => number) =>
    rollouts.reduce((sum, { counts }) => counts.reduce((top, count) => Math.max(top, of(count)), sum), 0);
  const [first] = rollouts as [Rollout];
  return {
    lost: {
      mean: mean(({ lost }) => lost),
      most: Math.max(...rollouts.map(({ lost }) => lost)),
      seeds: rollouts.filter(({ lost }) => lost > 0).length,
    },
    sent: mean(({ sent }) => sent),
    rolledOutSeconds: mean(({ rolledOutMs }) => rolledOutMs / 1000),
    goneSeconds: mean(({ goneMs }) => goneMs / 1000),
    peak: {
      running: most(({ running }) => running),
      terminating: most(({ terminating }) => terminating),
      together: most(({ running, terminating }) => running + terminating),
    },
    surplusPodSeconds: {
      running: mean((rollout) => podSeconds(rollout, ({ running }) => Math.max(0, running - replicas))),
      terminating: mean((rollout) => podSeconds(rollout, ({ terminating }) => terminating)),
    },
    whenRolledOut: countAt(first, first.rolledOutMs),
    series: first.counts.map(({ atMs, running, terminating }) => ({
      seconds: rounded(atMs / 1000),
      running,
      terminating,
    })),
  };
}

function podSeconds({ counts }: Rollout, surplus: (count: PodCount) => number): number {
  return counts.reduce((sum, count, at) => {
    const untilMs = counts[at + 1]?.atMs ?? count.atMs;
    return sum + (surplus(count) * (untilMs - count.atMs)) / 1000;
  }, 0);
}

function countAt({ counts }: Rollout, atMs: number): { running: number; terminating: number } {
  const { running, terminating } = counts.findLast((count) => count.atMs <= atMs) ?? { running: 0, terminating: 0 };
  return { running, terminating };
}

/** Milliseconds and thousandths are all that is worth telling. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
