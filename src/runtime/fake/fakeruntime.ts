import { delay, type Timer } from '../../base/clock.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import type { Env } from '../../base/env.ts';
import {
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerState,
  type ExecResult,
  type PodSandboxConfig,
  RuntimeError,
  type StopOptions,
} from '../runtime.ts';
import { FakeLogs } from './fakelogs.ts';

/** What a container does, told instead of executed. Times are milliseconds of the `Env`'s clock. */
export interface FakeProgram {
  /** Why it cannot be created or started; thrown as it is. */
  readonly createError?: RuntimeError;
  readonly startError?: RuntimeError;
  /** How long `startContainer` takes. */
  readonly startMs?: number;
  /** Lines it prints when it starts. */
  readonly stdout?: readonly string[];
  readonly stderr?: readonly string[];
  /** Ends by itself after this long, with `exitCode` (0). Without it, it runs until it is stopped. */
  readonly runsForMs?: number;
  readonly exitCode?: number;
  /** What a signal makes it do. A signal that is not named is ignored, as the kernel does for pid 1. */
  readonly onSignal?: Readonly<Record<string, { readonly afterMs: number; readonly exitCode: number }>>;
  /** For programs that react to more than time: told when it runs, of each signal that reaches it, and of its end. */
  readonly onStart?: (process: FakeProcess) => void;
  readonly onSignalled?: (signal: string) => void;
  readonly onEnd?: () => void;
  /** What a command executed in it answers; without it every command succeeds at once and prints nothing. */
  readonly exec?: (command: readonly string[]) => FakeExec;
}

/** A running program as it sees itself. */
export interface FakeProcess {
  readonly containerId: string;
  /** Ends it from inside. */
  end(how: { exitCode: number } | { signal: number }): void;
}

export interface FakeExec {
  readonly afterMs: number;
  readonly result: ExecResult;
}

export interface FakeRuntimeOptions {
  readonly env: Env;
  /** The program of a container; asked once, when it is created. */
  readonly program: (config: ContainerConfig, sandbox: PodSandboxConfig) => FakeProgram;
}

/** One signal as it was sent, for the record. */
export interface SentSignal {
  readonly containerId: string;
  readonly name: string;
  readonly signal: string;
  readonly at: number;
}

interface FakeContainer {
  readonly config: ContainerConfig;
  readonly program: FakeProgram;
  readonly ended: Deferred<void>;
  readonly timers: Set<Timer>;
  state: ContainerState;
  /** Resolves when `startContainer` is through with it; undefined before. */
  starting: Promise<void> | undefined;
  signalled: boolean;
  killAt: number | undefined;
  killTimer: Timer | undefined;
}

const SIGKILL = 9;

/** A runtime whose containers are scripts in simulated time. Law: `ContainerRuntime`. */
export class FakeRuntime implements ContainerRuntime {
  readonly logs: FakeLogs;
  /** Every signal sent so far, in order; SIGKILL too. */
  readonly signals: SentSignal[] = [];
  readonly #env: Env;
  readonly #program: FakeRuntimeOptions['program'];
  readonly #sandboxes = new Map<string, PodSandboxConfig>();
  readonly #containers = new Map<string, FakeContainer>();
  readonly #listeners = new Set<(state: ContainerState) => void>();
  #lastPid = 1;
  #closed = false;

  constructor(options: FakeRuntimeOptions) {
    this.#env = options.env;
    this.#program = options.program;
    this.logs = new FakeLogs(options.env.clock);
  }

  /** Ids and configurations of the sandboxes that exist. */
  get sandboxes(): ReadonlyMap<string, PodSandboxConfig> {
    return this.#sandboxes;
  }

  /** States of all containers that exist. */
  get containers(): readonly ContainerState[] {
    return [...this.#containers.values()].map((container) => container.state);
  }

  async runPodSandbox(config: PodSandboxConfig): Promise<string> {
    if (this.#closed) throw new RuntimeError('RunContainerError', 'Cannot run a pod: the runtime is closed');
    const id = this.#env.random.uuid();
    this.#sandboxes.set(id, config);
    return id;
  }

  async removePodSandbox(sandboxId: string): Promise<void> {
    this.#sandboxes.delete(sandboxId);
    for (const { state } of [...this.#containers.values()]) {
      if (state.sandboxId === sandboxId) await this.removeContainer(state.id);
    }
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = this.#sandboxes.get(sandboxId);
    if (!sandbox) throw new RuntimeError('NotFound', `Cannot create container ${config.name}: no sandbox ${sandboxId}`);
    const program = this.#program(config, sandbox);
    if (program.createError) throw program.createError;
    const id = this.#env.random.uuid();
    this.#containers.set(id, {
      config,
      program,
      ended: deferred<void>(),
      timers: new Set(),
      state: created(id, { sandboxId, config }),
      starting: undefined,
      signalled: false,
      killAt: undefined,
      killTimer: undefined,
    });
    return id;
  }

  async startContainer(containerId: string): Promise<ContainerState> {
    const container = this.#find(containerId);
    const { config, program, state } = container;
    if (state.phase !== 'Created' || container.starting) {
      throw new RuntimeError('RunContainerError', `Cannot start container ${config.name}: it is ${state.phase}`);
    }
    const { clock } = this.#env;
    container.starting = program.startMs ? delay(clock, program.startMs) : Promise.resolve();
    await container.starting;
    if (this.#containers.get(containerId) !== container) {
      throw new RuntimeError('NotFound', `container ${containerId} not found`);
    }
    if (program.startError) {
      const now = clock.now();
      container.state = { ...container.state, phase: 'Exited', startedAt: now, finishedAt: now, exitCode: 128 };
      container.ended.resolve();
      throw program.startError;
    }
    this.#run(container);
    return container.state;
  }

  async stopContainer(containerId: string, options: StopOptions): Promise<void> {
    const container = this.#find(containerId);
    await container.starting;
    if (container.state.phase !== 'Running') return;
    if (options.graceMs <= 0) {
      this.#kill(container);
      options.onSignalled?.();
      return;
    }
    this.#killAfter(container, options.graceMs);
    if (!container.signalled) this.#signal(container, options.signal);
    options.onSignalled?.();
    await container.ended.promise;
  }

  async removeContainer(containerId: string): Promise<void> {
    const container = this.#containers.get(containerId);
    if (!container) return;
    this.#kill(container);
    this.#containers.delete(containerId);
  }

  containerStatus(containerId: string): ContainerState | undefined {
    return this.#containers.get(containerId)?.state;
  }

  async execSync(containerId: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    const container = this.#find(containerId);
    const { config, program, state } = container;
    if (state.phase !== 'Running') {
      throw new RuntimeError('RunContainerError', `Cannot exec in container ${config.name}: it is ${state.phase}`);
    }
    const told = program.exec?.(command) ?? { afterMs: 0, result: { exitCode: 0, stdout: '', stderr: '' } };
    const timedOut = timeoutMs > 0 && told.afterMs > timeoutMs;
    const waitMs = timedOut ? timeoutMs : told.afterMs;
    const waited = deferred();
    if (waitMs > 0) this.#after(container, waitMs, () => waited.resolve());
    else waited.resolve();
    const first = await Promise.race([
      waited.promise.then(() => 'answered'),
      container.ended.promise.then(() => 'ended'),
    ]);
    if (first === 'ended' && waitMs > 0) return { exitCode: 128 + SIGKILL, stdout: '', stderr: '' };
    if (timedOut)
      throw new RuntimeError('ExecTimeout', `command "${command.join(' ')}" timed out after ${timeoutMs} ms`);
    return told.result;
  }

  onExit(listener: (state: ContainerState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const id of [...this.#sandboxes.keys()]) await this.removePodSandbox(id);
  }

  /** Ends a running container from inside: a crash (`signal` as a number) or an exit. Nothing when it does not run. */
  end(containerId: string, how: { exitCode: number } | { signal: number }): void {
    const container = this.#containers.get(containerId);
    if (container?.state.phase !== 'Running') return;
    for (const timer of container.timers) timer.cancel();
    container.timers.clear();
    const signal = 'signal' in how ? how.signal : undefined;
    const exitCode = 'signal' in how ? 128 + how.signal : how.exitCode;
    const finishedAt = this.#env.clock.now();
    container.state = { ...container.state, phase: 'Exited', finishedAt, exitCode, signal, pid: undefined };
    container.ended.resolve();
    container.program.onEnd?.();
    for (const listener of this.#listeners) listener(container.state);
  }

  /** Makes a running container print a line. */
  print(containerId: string, stream: 'stdout' | 'stderr', line: string): void {
    this.logs.append(this.#find(containerId).config.logPath, { stream, line });
  }

  #run(container: FakeContainer): void {
    const { program, state } = container;
    container.state = { ...state, phase: 'Running', startedAt: this.#env.clock.now(), pid: ++this.#lastPid };
    for (const line of program.stdout ?? []) this.print(state.id, 'stdout', line);
    for (const line of program.stderr ?? []) this.print(state.id, 'stderr', line);
    program.onStart?.({ containerId: state.id, end: (how) => this.end(state.id, how) });
    if (program.runsForMs === undefined) return;
    this.#after(container, program.runsForMs, () => this.end(state.id, { exitCode: program.exitCode ?? 0 }));
  }

  #signal(container: FakeContainer, signal: string): void {
    container.signalled = true;
    this.#record(container, signal);
    container.program.onSignalled?.(signal);
    const answer = container.program.onSignal?.[signal];
    if (!answer) return;
    this.#after(container, answer.afterMs, () => this.end(container.state.id, { exitCode: answer.exitCode }));
  }

  #kill(container: FakeContainer): void {
    if (container.state.phase !== 'Running') return;
    this.#record(container, 'SIGKILL');
    container.program.onSignalled?.('SIGKILL');
    this.end(container.state.id, { signal: SIGKILL });
  }

  #killAfter(container: FakeContainer, graceMs: number): void {
    const at = this.#env.clock.monotonic() + graceMs;
    if (container.killAt !== undefined && container.killAt <= at) return;
    container.killTimer?.cancel();
    container.killAt = at;
    container.killTimer = this.#after(container, graceMs, () => this.#kill(container));
  }

  #after(container: FakeContainer, delayMs: number, fire: () => void): Timer {
    const timer = this.#env.clock.timer(delayMs, () => {
      container.timers.delete(timer);
      fire();
    });
    container.timers.add(timer);
    return timer;
  }

  #record(container: FakeContainer, signal: string): void {
    const { id, name } = container.state;
    this.signals.push({ containerId: id, name, signal, at: this.#env.clock.now() });
  }

  #find(containerId: string): FakeContainer {
    const container = this.#containers.get(containerId);
    if (!container) throw new RuntimeError('NotFound', `container ${containerId} not found`);
    return container;
  }
}

function created(id: string, options: { sandboxId: string; config: ContainerConfig }): ContainerState {
  return {
    id,
    sandboxId: options.sandboxId,
    name: options.config.name,
    phase: 'Created',
    startedAt: undefined,
    finishedAt: undefined,
    exitCode: undefined,
    signal: undefined,
    pid: undefined,
    logPath: options.config.logPath,
  };
}
