import type { Container, ContainerStateTerminated, ContainerStatus, Pod, PodSpec } from '../api/types/core.ts';
import type { ContainerState } from '../runtime/runtime.ts';

/** What a kubelet knows of one container of one pod: the facts that plans and statuses are made from. */
export interface ContainerRecord {
  readonly spec: Container;
  readonly init: boolean;
  /** How often it was started anew: Kubernetes' restartCount. */
  restarts: number;
  /** The runtime's newest state; undefined before the first start. */
  state: ContainerState | undefined;
  /** Why it is not running, when it is not and did not just end. */
  waiting: { readonly reason: string; readonly message?: string } | undefined;
  /** The run before this one. */
  last: ContainerStateTerminated | undefined;
  /** Not to be started before this moment (milliseconds since the epoch), after `failures` ends in a row. */
  backoffUntil: number;
  failures: number;
  imageId: string;
  /** Name of the signal that asks it to stop, as its image says. */
  stopSignal: string;
  /** Results of the probes; without a probe, true as soon as it runs. */
  startup: boolean;
  readiness: boolean;
  /** Set when a probe asked for a restart: the message that says why. */
  condemned: string | undefined;
}

export function newRecord(spec: Container, init: boolean): ContainerRecord {
  return {
    spec,
    init,
    restarts: 0,
    state: undefined,
    waiting: { reason: init ? 'PodInitializing' : 'ContainerCreating' },
    last: undefined,
    backoffUntil: 0,
    failures: 0,
    imageId: '',
    stopSignal: 'SIGTERM',
    startup: false,
    readiness: false,
    condemned: undefined,
  };
}

/** Records for all containers of `pod`, init containers first. */
export function recordsOf(pod: Pod): ContainerRecord[] {
  const init = (pod.spec.initContainers ?? []).map((spec) => newRecord(spec, true));
  const main = pod.spec.containers.map((spec) => newRecord(spec, false));
  if (init.length > 0) for (const record of main) record.waiting = { reason: 'PodInitializing' };
  return [...init, ...main];
}

export function isRunning(record: ContainerRecord): boolean {
  return record.state?.phase === 'Running';
}

/** An init container that stays (KEP-753). */
export function isSidecar(record: ContainerRecord): boolean {
  return record.init && record.spec.restartPolicy === 'Always';
}

/** Exit code of a container whose end nobody saw: its node went down under it. */
const UNSEEN_EXIT_CODE = 137;

/**
 * Takes over what an earlier life of this node knew of a container, whose process is gone. One that is started whatever
 * became of it only counts on; any other has ended, as its status says or without anybody seeing how.
 */
export function resumeRecord(
  record: ContainerRecord,
  from: { status: ContainerStatus; policy: NonNullable<PodSpec['restartPolicy']> },
): void {
  const { status, policy } = from;
  const { terminated } = status.state;
  if (terminated) record.last = terminated;
  const ran = status.containerID !== undefined;
  record.restarts = status.restartCount;
  if (!ran) return;
  if (policy === 'Always' || record.init) {
    record.restarts++;
    return;
  }
  record.waiting = undefined;
  record.state = {
    id: (status.containerID ?? '').replace(/^\w+:\/\//, ''),
    sandboxId: '',
    name: status.name,
    phase: 'Exited',
    startedAt: terminated?.startedAt ? Date.parse(terminated.startedAt) : undefined,
    finishedAt: terminated?.finishedAt ? Date.parse(terminated.finishedAt) : undefined,
    exitCode: terminated?.exitCode ?? UNSEEN_EXIT_CODE,
    signal: terminated?.signal,
    pid: undefined,
    logPath: '',
  };
}
