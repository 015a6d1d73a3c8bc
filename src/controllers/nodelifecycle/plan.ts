import type { Node, Taint } from '../../api/types/core.ts';
import type { Condition } from '../../api/types/meta.ts';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** Conditions a kubelet speaks of; all of them are unknown when it is silent. */
const KUBELET_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** Which taint says what no pod should be placed on the node for. */
const NO_SCHEDULE: readonly { readonly key: string; readonly applies: (node: Node) => boolean }[] = [
  { key: NOT_READY, applies: (node) => statusOf(node, 'Ready') === 'False' },
  { key: UNREACHABLE, applies: (node) => statusOf(node, 'Ready') === 'Unknown' },
  { key: 'node.kubernetes.io/memory-pressure', applies: (node) => statusOf(node, 'MemoryPressure') === 'True' },
  { key: 'node.kubernetes.io/disk-pressure', applies: (node) => statusOf(node, 'DiskPressure') === 'True' },
  { key: 'node.kubernetes.io/pid-pressure', applies: (node) => statusOf(node, 'PIDPressure') === 'True' },
  { key: 'node.kubernetes.io/network-unavailable', applies: (node) => statusOf(node, 'NetworkUnavailable') === 'True' },
  { key: 'node.kubernetes.io/unschedulable', applies: (node) => node.spec?.unschedulable === true },
];

/** Which taint makes pods leave. */
const NO_EXECUTE: typeof NO_SCHEDULE = [
  { key: NOT_READY, applies: (node) => statusOf(node, 'Ready') === 'False' },
  { key: UNREACHABLE, applies: (node) => statusOf(node, 'Ready') === 'Unknown' },
];

/**
 * The conditions of a node whose kubelet is silent: what it last said holds no more. Undefined when they say so already.
 * `now` is an RFC 3339 time.
 */
export function planSilence(node: Node, now: string): Condition[] | undefined {
  const before = node.status?.conditions ?? [];
  const after = before.map((condition): Condition => {
    if (!KUBELET_CONDITIONS.includes(condition.type) || condition.status === 'Unknown') return condition;
    const text = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
    return { ...condition, status: 'Unknown', ...text, lastTransitionTime: now };
  });
  for (const type of KUBELET_CONDITIONS) {
    if (before.some((condition) => condition.type === type)) continue;
    const times = { lastHeartbeatTime: node.metadata.creationTimestamp, lastTransitionTime: now };
    const text = { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };
    after.push({ type, status: 'Unknown', ...text, ...times });
  }
  const changed = after.length > before.length || after.some((condition, index) => condition !== before[index]);
  return changed ? after : undefined;
}

/**
 * The taints of a node that follow from its conditions, beside those that others have put there. Undefined when they
 * are as they should be. A node that never said whether it is ready gets none: it is waited for.
 */
export function planTaints(node: Node, now: string): Taint[] | undefined {
  const before = node.spec?.taints ?? [];
  const wanted = [...wantedTaints(node, NO_SCHEDULE, 'NoSchedule'), ...wantedTaints(node, NO_EXECUTE, 'NoExecute')];
  const missing = wanted.filter((taint) => !before.some((known) => isSame(known, taint)));
  const kept = before.filter((known) => !isOurs(known) || wanted.some((taint) => isSame(known, taint)));
  if (missing.length === 0 && kept.length === before.length) return undefined;
  return [...kept, ...missing.map((taint) => ({ ...taint, timeAdded: now }))];
}

export function isReady(node: Node): boolean {
  return statusOf(node, 'Ready') === 'True';
}

/** True unless the node says that it is ready, or has not said anything yet. */
export function isNotReady(node: Node): boolean {
  const ready = statusOf(node, 'Ready');
  return ready === 'False' || ready === 'Unknown';
}

function wantedTaints(node: Node, table: typeof NO_SCHEDULE, effect: Taint['effect']): Taint[] {
  return table.filter(({ applies }) => applies(node)).map(({ key }) => ({ key, effect }));
}

function isOurs(taint: Taint): boolean {
  const table = { NoSchedule: NO_SCHEDULE, NoExecute: NO_EXECUTE, PreferNoSchedule: [] }[taint.effect];
  return table.some(({ key }) => key === taint.key);
}

function isSame(one: Taint, other: Taint): boolean {
  return one.key === other.key && one.effect === other.effect;
}

function statusOf(node: Node, type: string): Condition['status'] | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type)?.status;
}
