import type { LifecycleHandler, Pod } from '../api/types/core.ts';
import { delay } from '../base/clock.ts';
import { RuntimeError } from '../runtime/runtime.ts';
import { ProbeError } from './host.ts';
import { check } from './probes/check.ts';
import type { ContainerRecord } from './record.ts';
import type { PodTools } from './tools.ts';

/** What is left for the stop signal when a preStop hook used up the grace period (KEP-753, pod life cycle docs). */
const EXTENSION_MS = 2_000;

export interface StopOptions {
  readonly tools: PodTools;
  readonly pod: Pod;
  readonly podIP: string;
  readonly graceMs: number;
  readonly onSignalled: () => void;
}

export interface StopTools {
  /** Resolves when the container has ended. */
  readonly done: Promise<void>;
  /** Leaves at most `leftMs` from now. */
  shorten(leftMs: number): void;
}

/** Stops one running container: preStop hook, stop signal, grace, kill. The hook's time counts against the grace. */
export function stopContainer(record: ContainerRecord, options: StopOptions): StopTools {
  const { clock } = options.tools.env;
  const hurry = new AbortController();
  let deadline = clock.monotonic() + options.graceMs;
  let signalled = false;
  let ended = false;
  const id = record.state?.id as string;
  const leftMs = () => Math.max(0, deadline - clock.monotonic());
  const signal = async () => {
    try {
      await options.tools.runtime.stopContainer(id, { ...stopSignal(record, options), graceMs: leftMs() });
    } catch (error) {
      // Removed while it was being stopped: it has ended.
      if (!(error instanceof RuntimeError && error.reason === 'NotFound')) throw error;
    }
  };
  const run = async () => {
    const hook = record.spec.lifecycle?.preStop;
    if (hook && leftMs() > 0) {
      await preStop(hook, { record, options, leftMs, signal: hurry.signal });
      if (!hurry.signal.aborted && leftMs() < EXTENSION_MS) deadline = clock.monotonic() + EXTENSION_MS;
    }
    signalled = true;
    await signal();
    ended = true;
  };
  return {
    done: run(),
    shorten: (ms) => {
      deadline = Math.min(deadline, clock.monotonic() + ms);
      hurry.abort(new Error('the grace period became shorter'));
      // One that has ended may be removed already: the runtime knows it no more.
      if (signalled && !ended) void signal();
    },
  };
}

function stopSignal(record: ContainerRecord, { onSignalled }: StopOptions) {
  return { signal: record.spec.lifecycle?.stopSignal ?? record.stopSignal, onSignalled };
}

interface HookRun {
  readonly record: ContainerRecord;
  readonly options: StopOptions;
  readonly leftMs: () => number;
  readonly signal: AbortSignal;
}

/** Runs the hook for at most the grace that is left. A hook that fails is an Event; the container is stopped anyway. */
async function preStop(hook: LifecycleHandler, run: HookRun): Promise<void> {
  const { record, options, leftMs, signal } = run;
  const { tools, pod, podIP } = options;
  const { clock } = tools.env;
  const target = { container: record.spec, containerId: record.state?.id as string, podIP };
  const work = hook.sleep
    ? delay(clock, Math.min(hook.sleep.seconds * 1000, leftMs()), signal)
    : check(hook, target, { ...tools, network: tools.host.network, timeoutMs: leftMs() });
  const bound = new AbortController();
  try {
    await Promise.race([work, delay(clock, leftMs(), AbortSignal.any([signal, bound.signal]))]);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ProbeError)) throw error;
    tools.recorder.record(pod, {
      type: 'Warning',
      reason: 'FailedPreStopHook',
      message: `PreStopHook failed: ${error.message}`,
    });
  } finally {
    bound.abort();
  }
}
