import type { Pod } from '../api/types/core.ts';
import { below, type Random } from '../base/random.ts';
import type { Filter, Plugin, Score } from './plugin.ts';
import { balancedAllocation } from './plugins/balancedallocation.ts';
import { interPodAffinity } from './plugins/interpodaffinity.ts';
import { leastAllocated } from './plugins/leastallocated.ts';
import { nodeAffinity } from './plugins/nodeaffinity.ts';
import { nodeName } from './plugins/nodename.ts';
import { nodePorts } from './plugins/nodeports.ts';
import { nodeReady } from './plugins/nodeready.ts';
import { nodeResourcesFit } from './plugins/noderesourcesfit.ts';
import { nodeUnschedulable } from './plugins/nodeunschedulable.ts';
import { podTopologySpread } from './plugins/podtopologyspread.ts';
import { taintToleration } from './plugins/tainttoleration.ts';
import { podInfoOf } from './podinfo.ts';
import type { NodeInfo, Snapshot } from './snapshot.ts';

/** Filters are asked in this order, and the first that says no gives a node's reasons. */
export const PLUGINS: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeReady,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  podTopologySpread,
  interPodAffinity,
  leastAllocated,
  balancedAllocation,
];

export type Decision = Placed | Unschedulable;

export interface Placed {
  readonly kind: 'placed';
  readonly nodeName: string;
}

export interface Unschedulable {
  readonly kind: 'unschedulable';
  /** Why each node cannot take the pod. */
  readonly reasons: ReadonlyMap<string, readonly string[]>;
  /** Names of the plugins that said no: what has to change before another try is worth it. */
  readonly rejectedBy: ReadonlySet<string>;
  /** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).` */
  readonly message: string;
}

export interface ScheduleOptions {
  /** Breaks ties between equally good nodes, and says where to begin to look in a large cluster. */
  readonly random: Random;
  readonly plugins?: readonly Plugin[];
}

/** Below this many nodes all are looked at; above, a share of them that shrinks from half to a twentieth. */
const ALL_NODES_MAX = 100;
const SHARE_MIN = 0.05;

/** Finds the best node for `pod`, or says why there is none. Reads only its arguments. */
export function schedule(snapshot: Snapshot, pod: Pod, options: ScheduleOptions): Decision {
  const info = podInfoOf(pod);
  const opinions = (options.plugins ?? PLUGINS).map((plugin) => ({ plugin, ...plugin.consider(info, snapshot) }));
  const filters = opinions.flatMap(({ plugin, filter }) => (filter ? { name: plugin.name, filter } : []));
  const scores = opinions.flatMap(({ plugin, score }) => (score ? { weight: plugin.weight, score } : []));
  const found = filtered(snapshot.nodes, filters, options.random);
  if (found.fitting.length === 0) return { kind: 'unschedulable', ...found, message: messageOf(found.reasons) };
  return { kind: 'placed', nodeName: best(found.fitting, scores, options.random).name };
}

function filtered(nodes: readonly NodeInfo[], filters: readonly { name: string; filter: Filter }[], random: Random) {
  const wanted = enough(nodes.length);
  const start = wanted < nodes.length ? below(random, nodes.length) : 0;
  const fitting: NodeInfo[] = [];
  const reasons = new Map<string, readonly string[]>();
  const rejectedBy = new Set<string>();
  for (let i = 0; i < nodes.length && fitting.length < wanted; i++) {
    const node = nodes[(start + i) % nodes.length] as NodeInfo;
    const rejection = firstRejection(node, filters);
    if (rejection) {
      reasons.set(node.name, rejection.reasons);
      rejectedBy.add(rejection.name);
    } else fitting.push(node);
  }
  return { fitting, reasons, rejectedBy };
}

function firstRejection(node: NodeInfo, filters: readonly { name: string; filter: Filter }[]) {
  for (const { name, filter } of filters) {
    const reasons = filter(node);
    if (reasons) return { name, reasons };
  }
  return undefined;
}

/** How many fitting nodes are enough to choose among: looking at all 5,000 for each pod buys little. */
function enough(nodes: number): number {
  if (nodes <= ALL_NODES_MAX) return nodes;
  const share = Math.max(SHARE_MIN, 0.5 - nodes / 12_500);
  return Math.max(ALL_NODES_MAX, Math.floor(nodes * share));
}

function best(
  nodes: readonly NodeInfo[],
  scores: readonly { weight: number; score: Score }[],
  random: Random,
): NodeInfo {
  if (nodes.length === 1) return nodes[0] as NodeInfo;
  const totals = new Array<number>(nodes.length).fill(0);
  for (const { weight, score } of scores) {
    score(nodes).forEach((value, index) => {
      totals[index] = (totals[index] as number) + weight * Math.floor(value);
    });
  }
  const most = totals.reduce((a, b) => Math.max(a, b));
  const winners = nodes.filter((_, index) => totals[index] === most);
  return winners[below(random, winners.length)] as NodeInfo;
}

function messageOf(reasons: ReadonlyMap<string, readonly string[]>): string {
  if (reasons.size === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const reason of [...reasons.values()].flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${reasons.size} nodes are available: ${parts.join(', ')}.`;
}
