import { ageOf } from '../../age.ts';
import type { Container, ContainerState, ContainerStatus, Pod } from '../../types/core.ts';

/** What `kubectl get pods` says about a pod's containers. */
export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  /** The STATUS column. */
  readonly status: string;
  /** The RESTARTS column: a count, and how long ago the last restart was. */
  readonly restarts: string;
}

interface Counts {
  ready: number;
  status: string;
  restarts: number;
  lastRestartAt: string | undefined;
}

/**
 * The STATUS shown is the most telling fact there is: an init container that is not through, else the first
 * container's reason for not running, else the phase; a pod being deleted is Terminating whatever its containers do.
 */
export function summarizePod(pod: Pod, now: number): PodSummary {
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar);
  const counts: Counts = { ready: 0, status: phaseText(pod), restarts: 0, lastRestartAt: undefined };
  const initializing = countInit(pod, counts);
  if (!initializing || hasTrueCondition(pod, 'Initialized')) countMain(pod, counts);
  return {
    ready: counts.ready,
    total: pod.spec.containers.length + sidecars.length,
    status: deletionText(pod) ?? counts.status,
    restarts: restartsText(counts, now),
  };
}

function phaseText(pod: Pod): string {
  const gated = pod.status?.conditions?.some(
    (condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
  );
  if (gated) return 'SchedulingGated';
  return pod.status?.reason || pod.status?.phase || 'Pending';
}

function deletionText(pod: Pod): string | undefined {
  if (!pod.metadata.deletionTimestamp) return undefined;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  const terminal = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  return terminal ? undefined : 'Terminating';
}

/** Counts the init containers up to the first that is not through; true when there is one. */
function countInit(pod: Pod, counts: Counts): boolean {
  const containers = new Map((pod.spec.initContainers ?? []).map((container) => [container.name, container]));
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = isSidecar(containers.get(status.name));
    countRestarts(status, counts);
    if (status.state.terminated?.exitCode === 0) continue;
    if (sidecar && status.started) {
      if (status.ready) counts.ready++;
      continue;
    }
    counts.status = initText(status.state, `Init:${index}/${containers.size}`);
    return true;
  }
  return false;
}

function initText({ terminated, waiting }: ContainerState, progress: string): string {
  if (terminated) return `Init:${terminated.reason || exitText(terminated)}`;
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
  return progress;
}

function countMain(pod: Pod, counts: Counts): void {
  forgetFinishedInit(pod, counts);
  let running = false;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    countRestarts(status, counts);
    const { waiting, terminated } = status.state;
    if (waiting?.reason) counts.status = waiting.reason;
    else if (terminated) counts.status = terminated.reason || exitText(terminated);
    else if (status.ready && status.state.running) {
      running = true;
      counts.ready++;
    }
  }
  if (counts.status === 'Completed' && running) counts.status = hasTrueCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

/** Restarts of init containers stop counting once the pod is past them; those of sidecars go on. */
function forgetFinishedInit(pod: Pod, counts: Counts): void {
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(isSidecar).map((container) => container.name));
  counts.restarts = 0;
  counts.lastRestartAt = undefined;
  for (const status of pod.status?.initContainerStatuses ?? []) {
    if (sidecars.has(status.name)) countRestarts(status, counts);
  }
}

function countRestarts(status: ContainerStatus, counts: Counts): void {
  counts.restarts += status.restartCount;
  const finishedAt = status.lastState?.terminated?.finishedAt;
  if (finishedAt && (!counts.lastRestartAt || Date.parse(finishedAt) > Date.parse(counts.lastRestartAt))) {
    counts.lastRestartAt = finishedAt;
  }
}

function restartsText({ restarts, lastRestartAt }: Counts, now: number): string {
  return restarts > 0 && lastRestartAt ? `${restarts} (${ageOf(lastRestartAt, now)} ago)` : `${restarts}`;
}

function exitText({ signal, exitCode }: { signal?: number; exitCode: number }): string {
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function hasTrueCondition(pod: Pod, type: string): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

function isSidecar(container: Container | undefined): boolean {
  return container?.restartPolicy === 'Always';
}
