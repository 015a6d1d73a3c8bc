import type { AppBehaviour } from '../app.ts';
import { PlanError } from '../plan.ts';
import type { Lag } from './lag.ts';

/** What an application does at the stop signal, in the words of the command line. */
export const APP_KINDS = ['closes', 'finishes', 'serves'] as const;
export type AppKind = (typeof APP_KINDS)[number];

/** The cluster, the application and the rollout to compare strategies on. Times in milliseconds. */
export interface Setting {
  readonly nodes: number;
  readonly replicas: number;
  /** A count, or a share of the replicas in percent. */
  readonly surge: string;
  readonly unavailable: string;
  readonly readyMs: number;
  readonly stopMs: number;
  readonly app: AppKind;
  readonly lag: Lag;
  readonly perSecond: number;
  /** Undefined: as long as sleep, stop and the slowest router need, at least Kubernetes' 30 s. */
  readonly graceMs: number | undefined;
  /** What the gate waits for. */
  readonly release: 'Observed' | 'Drained';
  /** Seconds of `preStop` sleep to compare. */
  readonly sleeps: readonly number[];
  readonly seed: number;
  readonly seeds: number;
}

/** One way to stop pods: a sleep of so many seconds and nothing else, or the gate. */
export type Strategy = { readonly sleepSeconds: number } | 'gate';

export function strategiesOf({ sleeps }: Setting): Strategy[] {
  return [...sleeps.map((sleepSeconds) => ({ sleepSeconds })), 'gate'];
}

export function nameOf(strategy: Strategy): string {
  return strategy === 'gate' ? 'gate' : strategy.sleepSeconds === 0 ? 'no sleep' : `sleep ${strategy.sleepSeconds} s`;
}

/** The rollout's bounds as pods, rounded as Kubernetes rounds them. Throws `PlanError`. */
export function boundsOf({ replicas, surge, unavailable }: Setting): { maxSurge: number; maxUnavailable: number } {
  const maxSurge = podsOf('--surge', { text: surge, replicas, round: Math.ceil });
  const maxUnavailable = podsOf('--unavailable', { text: unavailable, replicas, round: Math.floor });
  // Kubernetes lets one go where a share rounds both to nothing.
  const isStuck = maxSurge === 0 && maxUnavailable === 0 && unavailable.endsWith('%') && unavailable !== '0%';
  return { maxSurge, maxUnavailable: isStuck ? 1 : maxUnavailable };
}

function podsOf(flag: string, given: { text: string; replicas: number; round: (count: number) => number }): number {
  const { text, replicas, round } = given;
  const [, count, percent] = /^(\d+)(%?)$/.exec(text) ?? [];
  if (count === undefined) throw new PlanError(`Cannot read ${flag} ${text}: need a count such as 1 or a share as 25%`);
  return percent ? round((Number(count) * replicas) / 100) : Number(count);
}

/** Throws `PlanError` for what cannot be simulated. */
export function checkSetting(setting: Setting): void {
  const { nodes, replicas, perSecond, seeds, sleeps } = setting;
  const { maxSurge, maxUnavailable } = boundsOf(setting);
  if (replicas < 1) throw new PlanError(`Cannot roll out ${replicas} replicas: need at least 1 (--replicas)`);
  if (seeds < 1) throw new PlanError(`Cannot average over ${seeds} seeds: need at least 1 (--seeds)`);
  if (nodes < 1 || nodes > 250) throw new PlanError(`Cannot simulate ${nodes} nodes: need 1 to 250 (--nodes)`);
  if (maxSurge === 0 && maxUnavailable === 0) {
    throw new PlanError('Cannot roll out: surge and unavailable are both 0, need one of them above');
  }
  const room = nodes * PODS_ON_NODE;
  if (replicas + maxSurge > room) {
    const need = Math.ceil((replicas + maxSurge) / PODS_ON_NODE);
    throw new PlanError(
      `Cannot place ${replicas + maxSurge} pods on ${nodes} nodes: a node takes ${PODS_ON_NODE}, need ${need} nodes (--nodes)`,
    );
  }
  if (perSecond > RATE_MAX) {
    throw new PlanError(`Cannot send ${perSecond} requests a second: need at most ${RATE_MAX} (--rate)`);
  }
  const wrong = sleeps.find((seconds) => !Number.isInteger(seconds) || seconds < 0);
  if (wrong !== undefined) throw new PlanError(`Cannot sleep ${wrong} s: need whole seconds, 0 or more (--sleeps)`);
}

const PODS_ON_NODE = 100;
const RATE_MAX = 100_000;

/** How the application is made to behave so. */
export function behaviourOf({ app, readyMs, stopMs }: Setting): Partial<AppBehaviour> {
  const ready = { readyMs: [readyMs, readyMs] } as const;
  const takesTime = { exitMs: [stopMs, stopMs] } as const;
  if (app === 'closes') return { ...ready, ...takesTime, onStop: 'drop' };
  if (app === 'finishes') return { ...ready, ...takesTime, onStop: 'finish' };
  return { ...ready, onStop: 'linger', lingerMs: stopMs, exitMs: [0, 0] };
}

/** Seconds of grace that let the application stop by itself. */
export function graceSecondsOf(setting: Setting, strategy: Strategy): number {
  if (setting.graceMs !== undefined) return Math.ceil(setting.graceMs / 1000);
  const sleepMs = strategy === 'gate' ? 0 : strategy.sleepSeconds * 1000;
  const needed = sleepMs + setting.stopMs + setting.lag.longestMs + SPARE_MS;
  return Math.max(KUBERNETES_GRACE_SECONDS, Math.ceil(needed / 1000));
}

const KUBERNETES_GRACE_SECONDS = 30;
const SPARE_MS = 5_000;
