import type {
  ContainerState as ApiContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
  PodPhase,
  PodStatus,
} from '../api/types/core.ts';
import type { Condition } from '../api/types/meta.ts';
import type { ContainerState } from '../runtime/runtime.ts';
import { type ContainerRecord, isRunning, isSidecar } from './record.ts';

export interface PodFacts {
  readonly records: readonly ContainerRecord[];
  readonly hostIP: string;
  readonly podIP: string | undefined;
  readonly startedAt: number;
  /** Set when nothing runs any more and nothing will. */
  readonly finished: 'Succeeded' | 'Failed' | undefined;
  /** Conditions of this kubelet's own making, e.g. the release. */
  readonly extra: readonly Condition[];
}

/** The status of `pod` from what its kubelet knows: pure. Transition times are kept where nothing changed. */
export function statusOf(pod: Pod, facts: PodFacts, now: number): PodStatus {
  const phase = phaseOf(facts);
  const main = facts.records.filter(({ init }) => !init);
  const init = facts.records.filter((record) => record.init);
  const { hostIP, podIP } = facts;
  return {
    phase,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP ? { podIP, podIPs: [{ ip: podIP }] } : {}),
    startTime: time(facts.startedAt),
    conditions: conditionsOf(pod, facts, { phase, now }),
    ...(init.length > 0 ? { initContainerStatuses: init.map(containerStatus) } : {}),
    containerStatuses: main.map(containerStatus),
  };
}

function phaseOf({ records, finished }: PodFacts): PodPhase {
  if (finished) return finished;
  const main = records.filter(({ init }) => !init);
  return main.every(({ state }) => state === undefined) ? 'Pending' : 'Running';
}

function conditionsOf(pod: Pod, facts: PodFacts, at: { phase: PodPhase; now: number }): Condition[] {
  const over = at.phase === 'Succeeded' || at.phase === 'Failed';
  const main = facts.records.filter(({ init }) => !init);
  const unready = main.filter((record) => !isReady(record)).map(({ spec }) => spec.name);
  const pendingInit = facts.records.filter((record) => record.init && !initDone(record)).map(({ spec }) => spec.name);
  const gates = (pod.spec.readinessGates ?? []).map(({ conditionType }) => conditionType);
  const closed = gates.filter((type) => find(pod, type)?.status !== 'True');
  const containers = over
    ? no(at.phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed')
    : unready.length === 0
      ? yes()
      : no('ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`);
  const ready =
    containers.status === 'True' && closed.length > 0
      ? no(
          'ReadinessGatesNotReady',
          closed.map((type) => `corresponding condition of pod readiness gate "${type}" does not exist.`).join(', '),
        )
      : containers;
  const initialized =
    pendingInit.length === 0
      ? yes(over && at.phase === 'Succeeded' ? 'PodCompleted' : undefined)
      : no('ContainersNotInitialized', `containers with incomplete status: [${pendingInit.join(' ')}]`);
  const all: Condition[] = [
    { type: 'PodReadyToStartContainers', ...(facts.podIP && !over ? yes() : no()) },
    { type: 'Initialized', ...initialized },
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...containers },
    { type: 'PodScheduled', ...yes() },
  ];
  return [...all.map((condition) => settled(pod, condition, at.now)), ...facts.extra];
}

type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>;

function yes(reason?: string): Verdict {
  return { status: 'True', ...(reason ? { reason } : {}) };
}

function no(reason?: string, message?: string): Verdict {
  return { status: 'False', ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}

/** Keeps the time of the last transition as long as the status is the same. */
function settled(pod: Pod, condition: Condition, now: number): Condition {
  const known = find(pod, condition.type);
  const same = known?.status === condition.status && known.lastTransitionTime;
  return {
    ...condition,
    lastProbeTime: null,
    lastTransitionTime: same ? (known.lastTransitionTime as string) : time(now),
  };
}

function find(pod: Pod, type: string): Condition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

function isReady(record: ContainerRecord): boolean {
  return isRunning(record) && record.startup && record.readiness;
}

function initDone(record: ContainerRecord): boolean {
  if (isSidecar(record)) return isRunning(record) && record.startup;
  return record.state?.phase === 'Exited' && record.state.exitCode === 0;
}

function containerStatus(record: ContainerRecord): ContainerStatus {
  const { spec, state, restarts, imageId } = record;
  return {
    name: spec.name,
    image: spec.image ?? '',
    imageID: imageId,
    ...(state ? { containerID: `segue://${state.id}` } : {}),
    ready: record.init && !isSidecar(record) ? initDone(record) : isReady(record),
    started: isRunning(record) && record.startup,
    restartCount: restarts,
    state: apiState(record),
    lastState: lastState(record),
  };
}

function apiState({ state, waiting }: ContainerRecord): ApiContainerState {
  if (waiting) return { waiting: { ...waiting } };
  if (state?.phase === 'Running') return { running: { startedAt: time(state.startedAt as number) } };
  if (state?.phase === 'Exited') return { terminated: terminated(state) };
  return { waiting: { reason: 'ContainerCreating' } };
}

/** While it waits to be started again, its end is not the present state any more but the one before. */
function lastState({ state, waiting, last }: ContainerRecord): ApiContainerState {
  if (waiting && state?.phase === 'Exited') return { terminated: terminated(state) };
  return last ? { terminated: last } : {};
}

export function terminated(state: ContainerState): ContainerStateTerminated {
  const { exitCode = 0, signal, startedAt, finishedAt, id } = state;
  return {
    exitCode,
    ...(signal ? { signal } : {}),
    reason: exitCode === 0 ? 'Completed' : 'Error',
    ...(startedAt ? { startedAt: time(startedAt) } : {}),
    ...(finishedAt ? { finishedAt: time(finishedAt) } : {}),
    containerID: `segue://${id}`,
  };
}

export function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
