import { podReleases } from '../api/resources.ts';
import { StatusError } from '../api/status.ts';
import type { Pod } from '../api/types/core.ts';
import type { Condition } from '../api/types/meta.ts';
import { type PodRelease, RELEASED_CONDITION } from '../api/types/segue.ts';
import { delay, microTimestamp, type Timer } from '../base/clock.ts';
import { TransportError } from '../client/transport.ts';
import { graceMs, releaseLevel, releaseTimeoutMs } from '../gate/level.ts';
import { QUIET_INTERVAL_MS, QUIET_TIMEOUT_MS, QuietDetector } from '../gate/quiet.ts';
import { type ReleaseEvent, type ReleaseState, releaseStep } from '../gate/release.ts';
import { type ContainerRecord, isRunning, isSidecar } from './record.ts';
import { time } from './status.ts';
import { type StopTools, stopContainer } from './stop.ts';
import type { PodTools } from './tools.ts';

/** What a pod whose object is already gone still gets, as in Kubernetes. */
const FORCED_GRACE_SECONDS = 1;

export interface TerminationOptions {
  readonly tools: PodTools;
  readonly records: readonly ContainerRecord[];
  readonly podIP: string | undefined;
  /** Called when the pod's own conditions changed. */
  readonly onCondition: (condition: Condition) => void;
}

/**
 * The end of one pod on its node: wait until it is released, then hooks, stop signals, grace and kill. The wait is the
 * gate's part and follows the table in `src/gate/release.ts`; the grace period runs from the moment this object is made.
 */
export class Termination {
  readonly #options: TerminationOptions;
  readonly #startedAt: number;
  readonly #released = Promise.withResolvers<void>();
  readonly #stops: StopTools[] = [];
  #pod: Pod;
  #state: ReleaseState = 'Waiting';
  #waitingFor: readonly string[] = [];
  #timers: Timer[] = [];
  #letGoAt: number | undefined;
  #unreported: Partial<PodRelease['status']> = {};

  constructor(pod: Pod, options: TerminationOptions) {
    this.#pod = pod;
    this.#options = options;
    this.#startedAt = options.tools.env.clock.monotonic();
  }

  /** Runs to the end: resolves when no container of the pod runs any more. */
  async run(): Promise<void> {
    const { tools, podIP } = this.#options;
    if (!podIP || releaseLevel(this.#pod, tools.level) === 'None' || graceMs(this.#pod) === 0)
      this.#event('notRequired');
    else if (!this.#options.records.some(isRunning)) this.#event('notRequired');
    else this.#timer(releaseTimeoutMs(this.#pod), 'capReached');
    await this.#released.promise;
    await this.#stopAll();
    if (Object.keys(this.#unreported).length > 0) this.#reportRelease({});
  }

  /** The pod's object changed: its grace may have become shorter. */
  update(pod: Pod): void {
    const before = graceMs(this.#pod);
    this.#pod = pod;
    if (graceMs(pod) >= before) return;
    this.#timer(Math.max(0, releaseTimeoutMs(pod) - this.#elapsedMs), 'capReached');
    for (const stop of this.#stops) stop.shorten(this.#leftMs);
  }

  /** The pod's object is gone: nobody waits for its release or its grace any more. */
  force(): void {
    this.#pod = { ...this.#pod, metadata: { ...this.#pod.metadata, deletionGracePeriodSeconds: FORCED_GRACE_SECONDS } };
    this.#event('notRequired');
    for (const stop of this.#stops) stop.shorten(FORCED_GRACE_SECONDS * 1000);
  }

  /** What the gate says about this pod. */
  observe(release: PodRelease): void {
    if (release.spec.podUID !== this.#pod.metadata.uid) return;
    this.#waitingFor = release.status.waitingFor;
    if (release.status.phase === 'Released') this.#event('routersLetGo');
    if (Object.keys(this.#unreported).length > 0) this.#reportRelease({});
  }

  get #elapsedMs(): number {
    return this.#options.tools.env.clock.monotonic() - this.#startedAt;
  }

  get #leftMs(): number {
    return Math.max(0, graceMs(this.#pod) - this.#elapsedMs);
  }

  #timer(delayMs: number, event: ReleaseEvent): void {
    this.#timers.push(this.#options.tools.env.clock.timer(delayMs, () => this.#event(event)));
  }

  #event(event: ReleaseEvent): void {
    const { next, action } = releaseStep(this.#state, event);
    this.#state = next;
    if (action === 'startSettling') this.#settle();
    else if (action === 'stop') this.#release('Released', 'Observed');
    else if (action === 'stopTimedOut') this.#release('TimedOut', 'TimedOut');
    else if (action === 'stopNotRequired') this.#release('NotRequired', 'NotRequired');
  }

  /** Every router let go: now wait until nothing arrives any more. */
  #settle(): void {
    this.#letGoAt = this.#options.tools.env.clock.monotonic();
    const drained = releaseLevel(this.#pod, this.#options.tools.level) === 'Drained';
    if (!drained) this.#timer(QUIET_TIMEOUT_MS, 'settleTimeout');
    void this.#watchSockets(new QuietDetector({ drained }));
  }

  async #watchSockets(detector: QuietDetector): Promise<void> {
    const { env, podNetwork } = this.#options.tools;
    const { uid } = this.#pod.metadata;
    for (;;) {
      if (this.#state !== 'Settling') return;
      const sample = podNetwork.sample(uid);
      if (!sample || detector.look(sample)) break;
      await delay(env.clock, QUIET_INTERVAL_MS);
    }
    const { podIP, tools } = this.#options;
    // A SYN that was dropped comes again through its old entry, to a pod that is gone: forget those entries first.
    if (podIP && (podNetwork.sample(uid)?.listenDrops ?? 0) > 0) await tools.flushUnreplied(podIP);
    this.#event('quiet');
  }

  #release(outcome: NonNullable<PodRelease['status']['outcome']>, reason: string): void {
    for (const timer of this.#timers) timer.cancel();
    const { env, recorder } = this.#options.tools;
    const waitedMs = Math.round(this.#elapsedMs);
    const routersMs = this.#letGoAt === undefined ? undefined : Math.round(this.#letGoAt - this.#startedAt);
    const message = releaseMessage(outcome, { waitedMs, routersMs, waitingFor: this.#waitingFor });
    this.#options.onCondition({
      type: RELEASED_CONDITION,
      status: 'True',
      reason,
      message,
      lastProbeTime: null,
      lastTransitionTime: time(env.clock.now()),
    });
    if (outcome === 'TimedOut') recorder.record(this.#pod, { type: 'Warning', reason: 'ReleaseTimedOut', message });
    const quiet = outcome === 'Released' ? { quietAt: microTimestamp(env.clock) } : {};
    this.#reportRelease({ outcome, ...quiet });
    this.#released.resolve();
  }

  /**
   * Tells the release's record what happened here. It is a record: a pod is never held up by it. What comes before the
   * record itself is kept until the gate has made it.
   */
  #reportRelease(status: Partial<PodRelease['status']>): void {
    const { tools } = this.#options;
    const { name, namespace } = this.#pod.metadata;
    const report = { ...this.#unreported, ...status };
    this.#unreported = {};
    tools.client
      .of(podReleases)
      .patch(name, { status: report }, { namespace, subresource: 'status' })
      .catch((error) => {
        if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
        tools.env.log.debug('release record not written yet', { pod: name, error: error.message });
        this.#unreported = { ...report, ...this.#unreported };
      });
  }

  /** Main containers side by side, then sidecars in the reverse order of their start (KEP-753). */
  async #stopAll(): Promise<void> {
    const running = this.#options.records.filter(isRunning);
    const sidecars = running.filter(isSidecar).reverse();
    await Promise.all(running.filter((record) => !isSidecar(record)).map((record) => this.#stop(record)));
    for (const sidecar of sidecars) await this.#stop(sidecar);
  }

  async #stop(record: ContainerRecord): Promise<void> {
    const { tools, podIP } = this.#options;
    let reported = this.#stops.length > 0;
    const stop = stopContainer(record, {
      tools,
      pod: this.#pod,
      podIP: podIP ?? '',
      graceMs: this.#leftMs,
      onSignalled: () => {
        if (!reported) this.#reportRelease({ stoppedAt: microTimestamp(tools.env.clock) });
        reported = true;
      },
    });
    this.#stops.push(stop);
    await stop.done;
  }
}

function releaseMessage(
  outcome: NonNullable<PodRelease['status']['outcome']>,
  facts: { waitedMs: number; routersMs: number | undefined; waitingFor: readonly string[] },
): string {
  const { waitedMs, routersMs, waitingFor } = facts;
  if (outcome === 'NotRequired') return 'stopped without waiting for routers to let go';
  if (outcome === 'Released') {
    return `released after ${waitedMs} ms: routers let go after ${routersMs} ms, sockets were quiet ${waitedMs - (routersMs ?? 0)} ms later`;
  }
  const whom = routersMs !== undefined ? 'connections of its own' : waitingFor.join(', ') || 'the gate';
  return `stopped after the release timeout of ${waitedMs} ms although it was not released: still waiting for ${whom}`;
}
