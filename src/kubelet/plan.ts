import type { Pod } from '../api/types/core.ts';
import { type ContainerRecord, isRunning, isSidecar } from './record.ts';

export const RESTART_BACKOFF = { baseMs: 10_000, maxMs: 300_000 };
/** A container that ran this long starts its back-off anew, in milliseconds. */
export const BACKOFF_RESET_MS = 600_000;

export type PodAction =
  | { readonly do: 'start'; readonly container: string }
  /** Kill it (with its hooks and grace) because a probe condemned it; the next plan starts it anew. */
  | { readonly do: 'kill'; readonly container: string; readonly why: string }
  /** Nothing to do before this moment (milliseconds since the epoch). */
  | { readonly do: 'wait'; readonly until: number }
  /** Nothing will ever run again. */
  | { readonly do: 'finish'; readonly phase: 'Succeeded' | 'Failed' };

/**
 * What a kubelet does next for a pod that is not being deleted: pure. Init containers run one after another to their
 * end (sidecars only to their start), then all others run side by side, each restarted as the pod's policy says.
 */
export function planPod(pod: Pod, records: readonly ContainerRecord[], now: number): PodAction[] {
  const policy = pod.spec.restartPolicy ?? 'Always';
  const actions: PodAction[] = [];
  for (const record of records.filter(({ init }) => init)) {
    if (succeeded(record) && !isSidecar(record)) continue;
    const step = planContainer(record, isSidecar(record) ? 'Always' : policy === 'Always' ? 'OnFailure' : policy, now);
    if (step) actions.push(step);
    if (failedForGood(record, policy) && !isSidecar(record)) return [{ do: 'finish', phase: 'Failed' }];
    if (!isSidecar(record) || !(isRunning(record) && record.startup)) return actions;
  }
  const main = records.filter(({ init }) => !init);
  for (const record of main) {
    const step = planContainer(record, policy, now);
    if (step) actions.push(step);
  }
  if (main.every((record) => record.state?.phase === 'Exited' && !restarts(record, policy))) {
    return [{ do: 'finish', phase: main.every(succeeded) ? 'Succeeded' : 'Failed' }];
  }
  return actions;
}

type Policy = NonNullable<Pod['spec']['restartPolicy']>;

function planContainer(record: ContainerRecord, policy: Policy, now: number): PodAction | undefined {
  const container = record.spec.name;
  if (isRunning(record)) {
    return record.condemned === undefined ? undefined : { do: 'kill', container, why: record.condemned };
  }
  const ended = record.state?.phase === 'Exited';
  if (ended && !restarts(record, policy)) return undefined;
  return now < record.backoffUntil ? { do: 'wait', until: record.backoffUntil } : { do: 'start', container };
}

function restarts(record: ContainerRecord, policy: Policy): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && !succeeded(record));
}

function succeeded(record: ContainerRecord): boolean {
  return record.state?.phase === 'Exited' && record.state.exitCode === 0;
}

function failedForGood(record: ContainerRecord, policy: Policy): boolean {
  return policy === 'Never' && record.state?.phase === 'Exited' && record.state.exitCode !== 0;
}
