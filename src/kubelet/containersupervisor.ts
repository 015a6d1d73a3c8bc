import type { Pod, Probe } from '../api/types/core.ts';
import { backoffMs } from '../base/backoff.ts';
import { type ContainerState, RuntimeError } from '../runtime/runtime.ts';
import { containerConfig } from './containerconfig.ts';
import { ConfigError } from './environment.ts';
import { ProbeError, VolumeError } from './host.ts';
import { BACKOFF_RESET_MS, RESTART_BACKOFF } from './plan.ts';
import { check } from './probes/check.ts';
import type { ProbeKind } from './probes/counter.ts';
import { Prober } from './probes/prober.ts';
import { type ContainerRecord, isRunning } from './record.ts';
import { terminated } from './status.ts';
import { stopContainer } from './stop.ts';
import type { PodTools } from './tools.ts';

/** How soon a container that could not be made is tried again, in milliseconds. */
const CONFIG_RETRY_MS = 2_000;
const POST_START_TIMEOUT_MS = 60_000;

export interface SupervisorOptions {
  readonly tools: PodTools;
  readonly podIP: () => string;
  /** Called whenever the record changed. */
  readonly wake: () => void;
}

/** One container: its starts, probes, ends and back-off. Keeps the record that plans and statuses are made from. */
export class ContainerSupervisor {
  readonly record: ContainerRecord;
  readonly #options: SupervisorOptions;
  #probers: Prober[] = [];
  #killing = false;
  #terminating = false;
  #pod: Pod | undefined;

  constructor(record: ContainerRecord, options: SupervisorOptions) {
    this.record = record;
    this.#options = options;
  }

  /** Starts it (again). What a user can mend is kept in the record as the reason of waiting, and tried again later. */
  async start(sandbox: { id: string; ip: string; volumes: ReadonlyMap<string, string> }, pod: Pod): Promise<void> {
    const { record } = this;
    const { tools, wake } = this.#options;
    this.#pod = pod;
    try {
      const hasCommand = (record.spec.command ?? []).length > 0;
      const image = await tools.images.pullImage(record.spec.image ?? '', { hasCommand });
      record.imageId = image.id;
      record.stopSignal = image.stopSignal;
      const again = record.state !== undefined;
      const attempt = record.restarts + (again ? 1 : 0);
      const place = { pod, podIP: sandbox.ip, volumes: sandbox.volumes };
      const config = await containerConfig(record.spec, place, { image, attempt, tools });
      const id = await tools.runtime.createContainer(sandbox.id, config);
      if (record.state) record.last = terminated(record.state);
      record.restarts = attempt;
      record.state = await tools.runtime.startContainer(id);
      // It may have ended before this line: the runtime's newest word counts.
      record.state = tools.runtime.containerStatus(id) ?? record.state;
      record.waiting = undefined;
      record.condemned = undefined;
      this.#started();
    } catch (error) {
      this.#refused(error);
    }
    wake();
  }

  /** The runtime reports its end. */
  exited(state: ContainerState): void {
    const { record } = this;
    const { env } = this.#options.tools;
    this.stop();
    const ranMs = (state.finishedAt ?? 0) - (state.startedAt ?? 0);
    record.failures = ranMs >= BACKOFF_RESET_MS ? 1 : record.failures + 1;
    record.state = state;
    record.startup = false;
    record.readiness = false;
    this.#killing = false;
    const restartDelayMs = record.failures === 1 ? 0 : backoffMs(RESTART_BACKOFF, record.failures - 1);
    record.backoffUntil = env.clock.now() + restartDelayMs;
    const willRestart = this.#pod?.spec.restartPolicy !== 'Never' && !this.#terminating;
    if (restartDelayMs > 0 && willRestart && !(state.exitCode === 0 && this.#pod?.spec.restartPolicy === 'OnFailure')) {
      const { name } = record.spec;
      const pod = podName(this.#pod);
      const seconds = Math.round(restartDelayMs / 1000);
      const message = `back-off ${seconds}s restarting failed container=${name} pod=${pod}`;
      record.waiting = { reason: 'CrashLoopBackOff', message };
      this.#event('Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${pod}`);
    }
    this.#options.wake();
  }

  /** Stops it with its hooks and grace because of `why`; the pod's plan starts it again. */
  kill(why: string, pod: Pod): void {
    if (this.#killing || !isRunning(this.record)) return;
    this.#killing = true;
    this.stop();
    this.#event('Normal', 'Killing', `Container ${this.record.spec.name} ${why}, will be restarted`);
    const { tools, podIP } = this.#options;
    const graceMs = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const stop = stopContainer(this.record, { tools, pod, podIP: podIP(), graceMs, onSignalled: () => {} });
    void stop.done;
  }

  /** The pod terminates: from now on only its readiness is looked at, and it is not condemned any more. */
  terminating(): void {
    this.#terminating = true;
    for (const prober of this.#probers) if (prober.kind !== 'readiness') prober.stop();
    this.record.condemned = undefined;
  }

  /** Stops all probing. */
  stop(): void {
    for (const prober of this.#probers) prober.stop();
    this.#probers = [];
  }

  async remove(): Promise<void> {
    this.stop();
    const { state } = this.record;
    const { runtime } = this.#options.tools;
    if (!state) return;
    if (runtime.containerStatus(state.id)?.phase === 'Running')
      await runtime.stopContainer(state.id, { graceMs: 0, signal: 'SIGKILL' });
    await runtime.removeContainer(state.id);
  }

  log(previous: boolean): { path: string; ended: () => boolean } | undefined {
    const { state, restarts } = this.record;
    if (!state?.logPath || (previous && restarts === 0)) return undefined;
    if (!previous)
      return {
        path: state.logPath,
        ended: () => this.record.state !== state || state.phase === 'Exited' || !isRunning(this.record),
      };
    return { path: state.logPath.replace(/\d+\.log$/, `${restarts - 1}.log`), ended: () => true };
  }

  #started(): void {
    const { record } = this;
    if (!isRunning(record)) return;
    this.#event('Normal', 'Started', `Started container ${record.spec.name}`);
    const { startupProbe, lifecycle } = record.spec;
    record.startup = startupProbe === undefined;
    record.readiness = false;
    if (lifecycle?.postStart) void this.#postStart();
    if (startupProbe) this.#probe('startup', startupProbe);
    else this.#probeRunning();
  }

  #probeRunning(): void {
    const { readinessProbe, livenessProbe } = this.record.spec;
    this.record.readiness = readinessProbe === undefined;
    if (readinessProbe) this.#probe('readiness', readinessProbe);
    if (livenessProbe) this.#probe('liveness', livenessProbe);
  }

  #probe(kind: ProbeKind, probe: Probe): void {
    const { tools, podIP } = this.#options;
    const containerId = this.record.state?.id as string;
    const prober = new Prober({
      env: tools.env,
      network: tools.host.network,
      runtime: tools.runtime,
      kind,
      probe,
      target: { container: this.record.spec, containerId, podIP: podIP() },
      onVerdict: (verdict) => this.#verdict(prober, verdict),
      onFailure: (why) => this.#event('Warning', 'Unhealthy', `${capital(kind)} probe failed: ${why}`),
    });
    this.#probers.push(prober);
  }

  #verdict(prober: Prober, verdict: boolean): void {
    const { record } = this;
    if (prober.kind === 'readiness') record.readiness = verdict;
    else if (!verdict) record.condemned = `failed ${prober.kind} probe`;
    else if (prober.kind === 'startup') {
      prober.stop();
      record.startup = true;
      this.#probeRunning();
    }
    this.#options.wake();
  }

  /** A hook that fails kills its container, as Kubernetes does. */
  async #postStart(): Promise<void> {
    const { tools, podIP } = this.#options;
    const containerId = this.record.state?.id as string;
    const hook = this.record.spec.lifecycle?.postStart ?? {};
    try {
      const target = { container: this.record.spec, containerId, podIP: podIP() };
      await check(hook, target, { ...tools, network: tools.host.network, timeoutMs: POST_START_TIMEOUT_MS });
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      this.#event('Warning', 'FailedPostStartHook', `PostStartHook failed: ${error.message}`);
      this.record.condemned = 'failed its postStart hook';
      this.#options.wake();
    }
  }

  #refused(error: unknown): void {
    const { record } = this;
    const { env } = this.#options.tools;
    const reason =
      error instanceof RuntimeError
        ? error.reason
        : error instanceof ConfigError
          ? 'CreateContainerConfigError'
          : error instanceof VolumeError
            ? 'CreateContainerError'
            : undefined;
    if (!reason) throw error;
    const { message } = error as Error;
    record.failures++;
    record.waiting = {
      reason: record.failures > 1 && reason === 'ErrImagePull' ? 'ImagePullBackOff' : reason,
      message,
    };
    record.backoffUntil = env.clock.now() + Math.min(CONFIG_RETRY_MS * record.failures, RESTART_BACKOFF.maxMs);
    this.#event('Warning', reason === 'ErrImagePull' ? 'Failed' : 'FailedCreate', `Error: ${reason}: ${message}`);
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (this.#pod) this.#options.tools.recorder.record(this.#pod, { type, reason, message });
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** As Kubernetes names a pod in messages: name_namespace(uid). */
function podName(pod: Pod | undefined): string {
  return pod ? `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})` : '';
}
