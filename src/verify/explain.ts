import type { History } from './history.ts';
import type { LossEvent } from './load/events.ts';
import type { LossKind, RequestPhase } from './load/outcome.ts';
import { type PodLife, type PodPhaseAt, phaseAt, podLives, presumedStopAt } from './podlife.ts';

/** A proxy that still has an endpoint sends requests there for this long after the pod is gone, at most. */
const AFTERMATH_MS = 5000;

/** Whom one lost request is put down to. */
export interface Explanation {
  readonly loss: LossEvent;
  /**
   * `answer`: the answer, or its beginning, named the pod. `time`: only this pod was on its way out when the request
   * was under way. `oneOf`: several were. `none`: no pod was.
   */
  readonly by: 'answer' | 'time' | 'oneOf' | 'none';
  /** The pod, or those it may have been. */
  readonly pods: readonly string[];
  /** Where in its life the pod was when the request was sent; for `oneOf`, the one deleted last. */
  readonly podPhase: PodPhaseAt;
  /** From when that pod was told to stop to when the request was sent; absent when it never was. */
  readonly afterStopMs: number | undefined;
}

/** Lost requests that have the same explanation. */
export interface LossGroup {
  readonly kind: LossKind;
  readonly phase: RequestPhase;
  readonly by: Explanation['by'];
  readonly pods: readonly string[];
  readonly podPhase: PodPhaseAt;
  readonly count: number;
  /** Milliseconds since the epoch at which the first and the last of them were sent. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly afterStopMs: { readonly min: number; readonly max: number } | undefined;
}

/** Puts each lost request down to a pod and a phase of its termination, as far as what was recorded allows. */
export function explain(history: History): Explanation[] {
  const backends = podLives(history).filter((life) => life.backend);
  return history.losses.map((loss) => explainLoss(loss, backends));
}

/** Groups explanations that say the same, most frequent first. */
export function groupLosses(explanations: readonly Explanation[]): LossGroup[] {
  const groups = Map.groupBy(explanations, ({ loss, by, pods, podPhase }) =>
    [loss.kind, loss.phase, by, podPhase, ...pods].join(' '),
  );
  return [...groups.values()].map(groupOf).sort((a, b) => b.count - a.count || a.firstAt - b.firstAt);
}

function explainLoss(loss: LossEvent, backends: readonly PodLife[]): Explanation {
  const named = backends.find((life) => life.name === loss.endpoint || life.pod.status?.podIP === loss.endpoint);
  if (named) return explanation(loss, 'answer', [named]);
  const leaving = backends.filter((life) => wasLeaving(life, loss)).sort((a, b) => departureOf(b) - departureOf(a));
  if (leaving.length === 0) return explanation(loss, 'none', []);
  return explanation(loss, leaving.length === 1 ? 'time' : 'oneOf', leaving);
}

function explanation(loss: LossEvent, by: Explanation['by'], lives: readonly PodLife[]): Explanation {
  const [life] = lives;
  const stoppedAt = life && presumedStopAt(life);
  return {
    loss,
    by,
    pods: lives.map(({ name }) => name),
    podPhase: life ? phaseAt(life, loss.sentAt) : 'Unknown',
    afterStopMs: stoppedAt === undefined ? undefined : loss.sentAt - stoppedAt,
  };
}

/** Whether the pod was being deleted, or had gone shortly before, while the request was under way. */
function wasLeaving(life: PodLife, loss: LossEvent): boolean {
  const departure = departureOf(life);
  return departure <= loss.settledAt && loss.sentAt <= (life.goneAt ?? Number.POSITIVE_INFINITY) + AFTERMATH_MS;
}

function departureOf(life: PodLife): number {
  return life.deletedAt ?? Number.POSITIVE_INFINITY;
}

function groupOf(members: readonly Explanation[]): LossGroup {
  const [first] = members as [Explanation];
  const sentAt = members.map(({ loss }) => loss.sentAt);
  const afterStop = members.flatMap(({ afterStopMs }) => (afterStopMs === undefined ? [] : [afterStopMs]));
  return {
    kind: first.loss.kind,
    phase: first.loss.phase,
    by: first.by,
    pods: first.pods,
    podPhase: first.podPhase,
    count: members.length,
    firstAt: sentAt.reduce((a, b) => Math.min(a, b)),
    lastAt: sentAt.reduce((a, b) => Math.max(a, b)),
    afterStopMs:
      afterStop.length === 0
        ? undefined
        : { min: afterStop.reduce((a, b) => Math.min(a, b)), max: afterStop.reduce((a, b) => Math.max(a, b)) },
  };
}
