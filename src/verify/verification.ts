import type { Clock } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import { deferred } from '../base/deferred.ts';
import type { History, Sighting } from './history.ts';
import type { LoadEvent } from './load/events.ts';
import { LoadFailedError, type LoadProcess } from './load/loadprocess.ts';
import { Recorder } from './recorder.ts';

/**
 * The cluster that is verified, as the command line joins it. Law:
 * - `watch` reports every object of `SEEN_KINDS` that exists, then every change, until the signal is aborted. It
 *   resolves when all that existed was reported.
 * - `startLoad` runs the load generator inside the cluster's network with `--control`, against the Service.
 * - `change` makes the change and resolves when the API has accepted it. `settled` resolves when it is complete: every
 *   Deployment it touched is rolled out and every pod it replaced is gone. It rejects when the signal is aborted.
 */
export interface Subject {
  readonly service: History['service'];
  watch(saw: (type: Sighting['type'], object: { kind: string }) => void, signal: AbortSignal): Promise<void>;
  startLoad(): Promise<LoadProcess>;
  change(): Promise<void>;
  settled(signal: AbortSignal): Promise<void>;
}

export interface VerificationPlan {
  /** The change in the user's words. */
  readonly change: string;
  /** From the start of the load to the change. */
  readonly changeAfterMs: number;
}

export interface VerificationHooks {
  readonly clock: Clock;
  /** For progress on a terminal. */
  readonly onLoad?: (event: LoadEvent) => void;
  /** Aborted: stop the load and give what was seen so far. */
  readonly signal?: AbortSignal;
}

/**
 * Drives load through the Service, makes the change in the middle of it, and gives all that was seen. The load goes
 * its whole length also after the change is complete. Throws `LoadFailedError`, and what the subject throws; then the
 * load is ended.
 */
export async function recordChange(
  plan: VerificationPlan,
  subject: Subject,
  hooks: VerificationHooks,
): Promise<History> {
  const recorder = new Recorder(hooks.clock);
  const watching = new AbortController();
  try {
    await subject.watch((type, object) => recorder.saw(type, object), watching.signal);
    const load = await subject.startLoad();
    try {
      const times = await changeUnderLoad({ plan, subject, hooks, recorder, load });
      return recorder.history({ change: plan.change, service: subject.service, ...times });
    } finally {
      await load.close();
    }
  } finally {
    watching.abort();
  }
}

interface Run {
  readonly plan: VerificationPlan;
  readonly subject: Subject;
  readonly hooks: VerificationHooks;
  readonly recorder: Recorder;
  readonly load: LoadProcess;
}

async function changeUnderLoad(run: Run): Promise<{ changedAt: number; settledAt?: number }> {
  const { clock, signal } = run.hooks;
  const ready = deferred();
  const overall = new AbortController();
  const stop = () => run.load.stop();
  signal?.addEventListener('abort', stop, { once: true });
  const loaded = readLoad(run, ready.resolve).finally(() => overall.abort());
  try {
    await Promise.race([ready.promise, loaded]);
    const changing = changeAfter(run, overall.signal);
    run.load.start();
    if (signal?.aborted) stop();
    // The change must not fail unheard while the load still goes on.
    const [, times] = await Promise.all([loaded, changing]);
    return times ?? { changedAt: clock.now() };
  } finally {
    overall.abort();
    signal?.removeEventListener('abort', stop);
  }
}

/** Feeds the recorder until the generator has ended. */
async function readLoad(run: Run, onReady: () => void): Promise<void> {
  let summed = false;
  for await (const event of run.load.events) {
    run.recorder.heard(event);
    run.hooks.onLoad?.(event);
    if (event.event === 'ready') onReady();
    summed ||= event.event === 'summary';
  }
  if (!summed) throw new LoadFailedError('Cannot finish the load: it ended without a summary');
}

/** Makes the change when its time has come and waits until it is complete, at most until the load has ended. */
async function changeAfter(
  run: Run,
  ended: AbortSignal,
): Promise<{ changedAt: number; settledAt?: number } | undefined> {
  const { clock } = run.hooks;
  const due = await unlessEnded(delay(clock, run.plan.changeAfterMs, ended), ended);
  if (!due) return undefined;
  const changedAt = clock.now();
  await run.subject.change();
  const settled = await unlessEnded(run.subject.settled(ended), ended);
  return settled ? { changedAt, settledAt: clock.now() } : { changedAt };
}

/** False when `work` failed because the load has ended; any other failure is thrown. */
async function unlessEnded(work: Promise<void>, ended: AbortSignal): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (ended.aborted) return false;
    throw error;
  }
}
