import type { PodInfo } from './podinfo.ts';
import type { NodeInfo, Snapshot } from './snapshot.ts';

/** Reasons why a node cannot take the pod, in Kubernetes' words; undefined when it can. */
export type Filter = (node: NodeInfo) => readonly string[] | undefined;

/** A number from 0 (worst) to 100 (best) for each of the nodes, in their order. */
export type Score = (nodes: readonly NodeInfo[]) => readonly number[];

/** What a plugin has to say about one pod; an absent part is no opinion. */
export interface Opinion {
  readonly filter?: Filter;
  readonly score?: Score;
}

/** One rule of where pods go. Pure: it reads the pod and the snapshot, and keeps nothing from one pod to the next. */
export interface Plugin {
  readonly name: string;
  /** How much its score counts beside the others'. */
  readonly weight: number;
  /** Looks at the pod once, before the nodes are asked about one by one. */
  consider(pod: PodInfo, snapshot: Snapshot): Opinion;
}

export const SCORE_MAX = 100;

/** Raw numbers of any range, turned into 0 to 100 by the largest of them; `isReversed` when less is better. */
export function scaledByMost(raw: readonly number[], isReversed = false): number[] {
  const most = Math.max(0, ...raw);
  if (most === 0) return raw.map(() => (isReversed ? SCORE_MAX : 0));
  return raw.map((value) => {
    const score = (SCORE_MAX * value) / most;
    return isReversed ? SCORE_MAX - score : score;
  });
}
