import { explain, groupLosses, type LossGroup } from './explain.ts';
import { GUARANTEES } from './guarantees/all.ts';
import type { Violation } from './guarantees/guarantee.ts';
import { type RolloutMoment, rolloutMoments } from './guarantees/rolloutbounds.ts';
import type { History } from './history.ts';
import type { SummaryEvent } from './load/events.ts';
import { type PodLife, podLives } from './podlife.ts';

/**
 * - `NothingLost`: the change was complete, no request was lost and every guarantee held
 * - `Lost`: requests were lost
 * - `Broken`: no request was lost, and a guarantee was broken
 * - `Inconclusive`: the load generator did not keep its rate, or the change was not complete when the load ended
 */
export type Verdict = 'NothingLost' | 'Lost' | 'Broken' | 'Inconclusive';

/** What `segue verify` says: `formatReport` prints it, `--output json` writes it as it is. Times in milliseconds. */
export interface Report {
  readonly verdict: Verdict;
  /** Why, in a sentence. */
  readonly because: string;
  readonly change: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly changedAt: number;
  /** From the change to its completion; absent when it was not complete. */
  readonly rolloutMs?: number;
  readonly load: SummaryEvent;
  readonly losses: readonly LossGroup[];
  readonly deployments: readonly DeploymentReport[];
  readonly pods: readonly PodReport[];
  readonly guarantees: readonly GuaranteeReport[];
}

/** The extremes from the change on. */
export interface DeploymentReport {
  readonly name: string;
  readonly replicas: number;
  readonly minAvailable: number;
  readonly fewestAvailable: number;
  readonly maxReplicas: number;
  readonly mostAsked: number;
  readonly mostPods: number;
}

/** A pod that was deleted during the run. Every time counts from its deletion. */
export interface PodReport {
  readonly name: string;
  readonly namespace: string;
  readonly nodeName?: string;
  readonly deletedAt: number;
  readonly releasedMs?: number;
  readonly quietMs?: number;
  readonly stoppedMs?: number;
  readonly goneMs?: number;
  readonly outcome?: 'Released' | 'TimedOut' | 'NotRequired';
  /** Requests it answered, when answers name their pod. */
  readonly answered?: number;
  /** Lost requests that are put down to it alone. */
  readonly lost: number;
}

export interface GuaranteeReport {
  readonly name: string;
  readonly says: string;
  readonly held: boolean;
  readonly violations: readonly Violation[];
}

/** Sums a history up. */
export function buildReport(history: History): Report {
  const losses = groupLosses(explain(history));
  const guarantees = GUARANTEES.map(({ name, says, violations }) => {
    const found = violations(history);
    return { name, says, held: found.length === 0, violations: found };
  });
  const { verdict, because } = judge(history, guarantees);
  return {
    verdict,
    because,
    change: history.change,
    startedAt: history.load.startedAt,
    changedAt: history.changedAt,
    ...(history.settledAt === undefined ? {} : { rolloutMs: history.settledAt - history.changedAt }),
    load: history.load,
    losses,
    deployments: deploymentReports(history),
    pods: podLives(history)
      .filter((life) => life.deletedAt !== undefined && life.deletedAt >= history.load.startedAt)
      .map((life) => podReport(life, { history, losses }))
      .sort((a, b) => a.deletedAt - b.deletedAt),
    guarantees,
  };
}

/** Exit code of `segue verify`: 0 only when nothing was lost or broken, and that was shown. */
export function exitCodeOf(report: Report): 0 | 1 {
  return report.verdict === 'NothingLost' ? 0 : 1;
}

function judge(history: History, guarantees: readonly GuaranteeReport[]): { verdict: Verdict; because: string } {
  const { load } = history;
  const broken = guarantees.filter(({ held }) => !held).map(({ name }) => name);
  if (load.lost > 0) {
    return { verdict: 'Lost', because: `${count(load.lost, 'request')} of ${load.sent.toLocaleString('en-US')} lost` };
  }
  if (broken.length > 0) return { verdict: 'Broken', because: `nothing was lost, and broken: ${broken.join(', ')}` };
  if (!load.valid) return { verdict: 'Inconclusive', because: `the load was not as asked: ${load.invalidBecause}` };
  if (load.sent === 0) return { verdict: 'Inconclusive', because: 'no request was sent' };
  if (history.settledAt === undefined) {
    return {
      verdict: 'Inconclusive',
      because: 'the change was not complete when the load ended: need a longer --duration',
    };
  }
  return { verdict: 'NothingLost', because: `${load.sent.toLocaleString('en-US')} requests sent, every one answered` };
}

function deploymentReports(history: History): DeploymentReport[] {
  const moments = rolloutMoments(history).filter(({ at }) => at >= history.changedAt);
  return [...Map.groupBy(moments, ({ deployment }) => deployment)].map(([name, all]) => {
    const last = all.at(-1) as RolloutMoment;
    return {
      name,
      replicas: last.replicas,
      minAvailable: last.minAvailable,
      fewestAvailable: Math.min(...all.map(({ available }) => available)),
      maxReplicas: last.maxReplicas,
      mostAsked: Math.max(...all.map(({ asked }) => asked)),
      mostPods: Math.max(...all.map(({ pods }) => pods)),
    };
  });
}

function podReport(life: PodLife, facts: { history: History; losses: readonly LossGroup[] }): PodReport {
  const deletedAt = life.deletedAt ?? life.firstSeenAt;
  const since = <K extends string>(key: K, at: number | undefined) =>
    (at === undefined ? {} : { [key]: at - deletedAt }) as Partial<Record<K, number>>;
  const answered = facts.history.load.endpoints[life.name]?.answered;
  const mine = facts.losses.filter(({ pods }) => pods.length === 1 && pods[0] === life.name);
  return {
    name: life.name,
    namespace: life.namespace,
    ...(life.pod.spec.nodeName === undefined ? {} : { nodeName: life.pod.spec.nodeName }),
    deletedAt,
    ...since('releasedMs', life.releasedAt),
    ...since('quietMs', life.quietAt),
    ...since('stoppedMs', life.stoppedAt),
    ...since('goneMs', life.goneAt),
    ...(life.release?.status.outcome === undefined ? {} : { outcome: life.release.status.outcome }),
    ...(answered === undefined ? {} : { answered }),
    lost: mine.reduce((sum, group) => sum + group.count, 0),
  };
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
