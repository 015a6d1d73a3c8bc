import { pods } from '../api/resources.ts';
import { isStatus, StatusError } from '../api/status.ts';
import type { Pod } from '../api/types/core.ts';
import type { Condition } from '../api/types/meta.ts';
import type { PodRelease } from '../api/types/segue.ts';
import { delay, type Timer } from '../base/clock.ts';
import { TransportError } from '../client/transport.ts';
import { PodNetworkError } from '../network/podnetwork.ts';
import { type ContainerState, RuntimeError } from '../runtime/runtime.ts';
import { podName } from './containerconfig.ts';
import { ContainerSupervisor } from './containersupervisor.ts';
import { VolumeError } from './host.ts';
import { type PodAction, planPod } from './plan.ts';
import { type ContainerRecord, recordsOf, resumeRecord } from './record.ts';
import { statusOf } from './status.ts';
import { StatusWriter } from './statuswriter.ts';
import { Termination } from './termination.ts';
import type { PodTools } from './tools.ts';
import { provideVolumes } from './volumes.ts';

const RETRY_MS = 1_000;

interface Sandbox {
  readonly id: string;
  readonly ip: string;
  readonly volumes: ReadonlyMap<string, string>;
}

/**
 * The life of one pod on this node, from binding to removal. Everything that happens only wakes it; what is to be done
 * follows from the facts (`planPod`), one step at a time.
 *
 *     SettingUp ──► Running ──► Finished
 *         │            │           │      deletion seen, or the object gone
 *         └────────────┴───────────┴────► Terminating ──► Gone
 */
export class PodWorker {
  readonly #tools: PodTools;
  readonly #records: ContainerRecord[];
  readonly #supervisors = new Map<string, ContainerSupervisor>();
  readonly #writer: StatusWriter;
  readonly #startedAt: number;
  readonly #onGone: () => void;
  #pod: Pod;
  #sandbox: Sandbox | undefined;
  #finished: 'Succeeded' | 'Failed' | undefined;
  #extra: Condition[] = [];
  #termination: Termination | undefined;
  #release: PodRelease | undefined;
  #removed = false;
  #dirty = false;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(pod: Pod, options: { tools: PodTools; onGone: () => void }) {
    const { tools } = options;
    this.#pod = pod;
    this.#tools = tools;
    this.#onGone = options.onGone;
    this.#records = recordsOf(pod);
    this.#startedAt = Date.parse(pod.status?.startTime ?? '') || tools.env.clock.now();
    this.#writer = new StatusWriter(tools.client, { env: tools.env, pod });
    this.#resume();
  }

  /** The pod's object changed. */
  update(pod: Pod): void {
    this.#pod = pod;
    this.#writer.seen(pod);
    this.#termination?.update(pod);
    this.wake();
  }

  /** The pod's object is gone from the API server. */
  removed(): void {
    this.#removed = true;
    this.#termination?.force();
    this.wake();
  }

  /** The gate said something about this pod. */
  released(release: PodRelease): void {
    this.#release = release;
    this.#termination?.observe(release);
  }

  /** A container of this node ended: true when it was one of this pod's. */
  exited(state: ContainerState): boolean {
    const supervisor = [...this.#supervisors.values()].find(({ record }) => record.state?.id === state.id);
    supervisor?.exited(state);
    return supervisor !== undefined;
  }

  /** Path of the log of a container: of the run before when `previous`. Undefined when there is none. */
  logOf(container: string, previous: boolean): { path: string; ended: () => boolean } | undefined {
    return this.#supervisors.get(container)?.log(previous);
  }

  containerNames(): string[] {
    return this.#records.map(({ spec }) => spec.name);
  }

  get pod(): Pod {
    return this.#pod;
  }

  wake(): void {
    this.#dirty = true;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#dirty) {
        this.#dirty = false;
        await this.#step();
      }
    } finally {
      // In the same turn as the last look at `dirty`: who wakes it from here on starts it anew.
      this.#running = undefined;
    }
  }

  async #step(): Promise<void> {
    if (this.#termination) return;
    if (this.#removed || this.#pod.metadata.deletionTimestamp) {
      this.#terminate();
      return;
    }
    if (this.#finished) return;
    try {
      this.#sandbox ??= await this.#setUp();
      const actions = planPod(this.#pod, this.#records, this.#tools.env.clock.now());
      for (const action of actions) await this.#act(action);
    } catch (error) {
      if (!isExpected(error)) throw error;
      const reason = error instanceof VolumeError ? 'FailedMount' : 'FailedCreatePodSandBox';
      this.#tools.recorder.record(this.#pod, { type: 'Warning', reason, message: error.message });
      this.#wakeAfter(RETRY_MS);
    }
    this.#report();
  }

  async #setUp(): Promise<Sandbox> {
    const tools = this.#tools;
    const { uid, name, namespace } = podName(this.#pod);
    const own = this.#pod.spec.hostNetwork !== true;
    const { ip, networkNamespacePath } = own
      ? await tools.podNetwork.add(uid)
      : { ip: tools.nodeIP, networkNamespacePath: tools.nodeNetworkPath };
    const hostname = this.#pod.spec.hostname ?? name;
    const volumes = await provideVolumes({
      client: tools.client,
      files: tools.host.files,
      pod: this.#pod,
      podIP: ip,
      hostIP: tools.nodeIP,
    });
    const id = await tools.runtime.runPodSandbox({
      uid,
      name,
      namespace,
      hostname,
      networkNamespacePath,
      files: { '/etc/hosts': hostsFile(this.#pod, ip, hostname) },
    });
    return { id, ip, volumes };
  }

  async #act(action: PodAction): Promise<void> {
    if (action.do === 'start') await this.#supervisor(action.container).start(this.#sandbox as Sandbox, this.#pod);
    else if (action.do === 'kill') this.#supervisor(action.container).kill(action.why, this.#pod);
    else if (action.do === 'wait') this.#wakeAfter(action.until - this.#tools.env.clock.now());
    else await this.#finish(action.phase);
  }

  #supervisor(container: string): ContainerSupervisor {
    const known = this.#supervisors.get(container);
    if (known) return known;
    const record = this.#records.find(({ spec }) => spec.name === container) as ContainerRecord;
    const supervisor = new ContainerSupervisor(record, {
      tools: this.#tools,
      podIP: () => this.#sandbox?.ip ?? '',
      wake: () => {
        this.#report();
        this.wake();
      },
    });
    this.#supervisors.set(container, supervisor);
    return supervisor;
  }

  async #finish(phase: 'Succeeded' | 'Failed'): Promise<void> {
    this.#finished = phase;
    await this.#tearDown();
  }

  #terminate(): void {
    for (const supervisor of this.#supervisors.values()) supervisor.terminating();
    const termination = new Termination(this.#pod, {
      tools: this.#tools,
      records: this.#records,
      podIP: this.#finished ? undefined : this.#sandbox?.ip,
      onCondition: (condition) => {
        this.#extra = [condition];
        this.#report();
      },
    });
    this.#termination = termination;
    if (this.#removed) termination.force();
    if (this.#release) termination.observe(this.#release);
    void this.#end(termination);
  }

  async #end(termination: Termination): Promise<void> {
    await termination.run();
    for (const supervisor of this.#supervisors.values()) supervisor.stop();
    const failed = this.#records.some(({ init, state }) => !init && state?.exitCode !== 0);
    this.#finished ??= failed ? 'Failed' : 'Succeeded';
    await this.#tearDown();
    this.#report();
    await this.#writer.settled();
    if (!this.#removed) await this.#deleteObject();
    await this.#tools.host.files.removePod(this.#pod.metadata.uid);
    await this.#tools.host.files.removeLogs(podName(this.#pod));
    this.#onGone();
  }

  /** Takes down what runs, however often it takes; files and logs stay until the object is gone. */
  async #tearDown(): Promise<void> {
    for (;;) {
      try {
        await this.#takeDown();
        return;
      } catch (error) {
        if (!isExpected(error)) throw error;
        this.#tools.recorder.record(this.#pod, { type: 'Warning', reason: 'FailedKillPod', message: error.message });
        await delay(this.#tools.env.clock, RETRY_MS);
      }
    }
  }

  async #takeDown(): Promise<void> {
    const { runtime, podNetwork } = this.#tools;
    for (const supervisor of this.#supervisors.values()) await supervisor.remove();
    if (this.#sandbox) await runtime.removePodSandbox(this.#sandbox.id);
    await podNetwork.remove(this.#pod.metadata.uid);
  }

  async #deleteObject(): Promise<void> {
    const { name, namespace, uid } = this.#pod.metadata;
    for (;;) {
      try {
        await this.#tools.client.of(pods).delete(name, { namespace, uid, gracePeriodSeconds: 0 });
        return;
      } catch (error) {
        if (isStatus(error, 'NotFound', 'Conflict')) return;
        if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
        this.#tools.env.log.warn('pod object not removed, will try again', { pod: name, error: error.message });
        await delay(this.#tools.env.clock, RETRY_MS);
      }
    }
  }

  #report(): void {
    const { env, nodeIP } = this.#tools;
    const status = statusOf(
      this.#pod,
      {
        records: this.#records,
        hostIP: nodeIP,
        podIP: this.#sandbox?.ip,
        startedAt: this.#startedAt,
        finished: this.#finished,
        extra: this.#extra,
      },
      env.clock.now(),
    );
    this.#writer.report(status);
  }

  #wakeAfter(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#tools.env.clock.timer(Math.max(0, delayMs), () => this.wake(), { background: true });
  }

  /** A pod that ran before this kubelet came up: its processes are gone, its count of restarts goes on. */
  #resume(): void {
    const { phase, containerStatuses = [], initContainerStatuses = [] } = this.#pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed') this.#finished = phase;
    for (const status of [...initContainerStatuses, ...containerStatuses]) {
      const record = this.#records.find(({ spec }) => spec.name === status.name);
      if (!record) continue;
      resumeRecord(record, { status, policy: this.#pod.spec.restartPolicy ?? 'Always' });
    }
  }
}

function isExpected(error: unknown): error is Error {
  return (
    error instanceof VolumeError ||
    error instanceof RuntimeError ||
    error instanceof StatusError ||
    error instanceof TransportError ||
    error instanceof PodNetworkError
  );
}

function hostsFile(pod: Pod, ip: string, hostname: string): string {
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`);
  return `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${ip}\t${hostname}\n${aliases.join('')}`;
}
