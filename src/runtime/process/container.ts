import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Timer } from '../../base/clock.ts';
import { deferred } from '../../base/deferred.ts';
import type { Env } from '../../base/env.ts';
import type { NamespaceHome } from '../../linux/processnamespaces.ts';
import {
  type ContainerConfig,
  type ContainerState,
  type ExecResult,
  RuntimeError,
  type StopOptions,
} from '../runtime.ts';
import { checkCommand, checkWorkingDir, commandOf } from './command.ts';
import { environmentOf, userOf } from './environment.ts';
import { execInside } from './exec.ts';
import type { HostView } from './hostview.ts';
import { LogWriter, type StreamName } from './logwriter.ts';
import type { MountPoint } from './mountinfo.ts';
import { PipeReader } from './pipereader.ts';
import type { PodSandbox } from './podsandbox.ts';
import { layOutRoot } from './rootlayout.ts';
import { type SetupOptions, startArguments } from './setup.ts';
import { signalNumber } from './signals.ts';
import { type Spawned, spawnInside } from './spawninside.ts';

/** Bytes that may wait for a slow disk before the container's writes block. */
const BACKLOG_BYTES_MAX = 4 << 20;
/** Exit code of a container that could not be started, as containerd has it. */
const START_FAILED = 128;

/** What the containers of one runtime have in common. */
export interface ContainerHost {
  readonly env: Env;
  readonly home: NamespaceHome;
  readonly view: HostView;
  readonly userNamespace: boolean;
  hostMounts(): readonly MountPoint[];
  /** Called once when a container that had started has ended. */
  ended(state: ContainerState): void;
}

/** One container: its root directory from construction to `remove`, its processes from `start` to their end. */
export class Container {
  readonly id: string;
  readonly sandbox: PodSandbox;
  readonly #config: ContainerConfig;
  readonly #host: ContainerHost;
  readonly #directory: string;
  readonly #setup: SetupOptions & { fstab: string; root: string };
  readonly #setupSaid = deferred<string>();
  readonly #ended = deferred();
  #state: ContainerState;
  #child: ChildProcess | undefined;
  #isSetUp = false;
  #signalled = false;
  #killTimer: { at: number; timer: Timer } | undefined;

  /** Throws CreateContainerError when it cannot run as described. */
  constructor(id: string, config: ContainerConfig, options: { sandbox: PodSandbox; host: ContainerHost }) {
    this.id = id;
    this.sandbox = options.sandbox;
    this.#config = config;
    this.#host = options.host;
    this.#directory = join(this.sandbox.directory, id);
    const asked = userOf(config);
    // Without privileges setpriv(1) may not even become what it is.
    const inherited = asked.inherited || (options.host.userNamespace && asked.uid === 0 && asked.gid === 0);
    const user = { ...asked, inherited };
    const env = environmentOf(config, { hostname: this.sandbox.config.hostname, home: user.home });
    const workingDir = config.workingDir || config.image.workingDir || '/';
    const argv = commandOf(config);
    const made = config.image.workingDir ? [config.image.workingDir] : [];
    const place = { env, workingDir, mounts: config.mounts, directories: made };
    checkCommand(argv, place);
    checkWorkingDir(place);
    this.#setup = { argv, env, user, workingDir, ...this.#makeRoot(made) };
    this.#state = {
      id,
      sandboxId: this.sandbox.id,
      name: config.name,
      phase: 'Created',
      startedAt: undefined,
      finishedAt: undefined,
      exitCode: undefined,
      signal: undefined,
      pid: undefined,
      logPath: config.logPath,
    };
  }

  get state(): ContainerState {
    return this.#state;
  }

  /** Resolves when the container's command runs; throws RunContainerError when it could not be started. */
  async start(): Promise<ContainerState> {
    if (this.#state.phase !== 'Created') {
      throw new RuntimeError(
        'RunContainerError',
        `Cannot start container ${this.#config.name}: it is ${this.#state.phase}, need Created`,
      );
    }
    this.#spawn();
    const failure = await this.#setupSaid.promise;
    this.#isSetUp = true;
    if (failure === '') return this.#state;
    await this.#ended.promise;
    throw new RuntimeError('RunContainerError', `Cannot start container ${this.#config.name}: ${failure}`);
  }

  /** Law: `ContainerRuntime.stopContainer`. A second call sends no second signal; it can only bring SIGKILL nearer. */
  async stop(options: StopOptions): Promise<void> {
    const signal = signalNumber(options.signal);
    if (this.#state.phase !== 'Running') return;
    if (options.graceMs <= 0) {
      this.#send(constants.signals.SIGKILL);
      options.onSignalled?.();
    } else {
      this.#killAfter(options.graceMs);
      // Before that the first process is the set-up's shell, which as pid 1 would not notice the signal.
      await this.#setupSaid.promise;
      if (!this.#signalled && this.#send(signal)) this.#signalled = true;
      if (this.#signalled) options.onSignalled?.();
    }
    await this.#ended.promise;
  }

  async exec(command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    const pid = this.#state.pid;
    if (this.#state.phase !== 'Running' || pid === undefined) {
      throw new RuntimeError(
        'RunContainerError',
        `Cannot exec in container ${this.#config.name}: it is ${this.#state.phase}, need Running`,
      );
    }
    if (!this.#isSetUp) await this.#setupSaid.promise;
    const setup = { ...this.#setup, argv: command, pid };
    const { home, env } = this.#host;
    return execInside({ home, clock: env.clock, namespaces: this.sandbox.namespaces, setup, timeoutMs });
  }

  /** Kills what runs, forgets the files it wrote; the log stays. */
  async remove(): Promise<void> {
    await this.stop({ graceMs: 0, signal: 'SIGKILL' });
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #makeRoot(directories: readonly string[]): { root: string; fstab: string } {
    mkdirSync(this.#directory, { recursive: true });
    try {
      const layout = layOutRoot({
        view: this.#host.view,
        hostMounts: this.#host.hostMounts(),
        directory: this.#directory,
        userNamespace: this.#host.userNamespace,
        files: { ...this.#config.image.files, ...this.sandbox.files },
        directories,
        mounts: this.#config.mounts,
      });
      const fstab = join(this.#directory, 'fstab');
      writeFileSync(fstab, layout.fstab);
      return { root: layout.root, fstab };
    } catch (error) {
      rmSync(this.#directory, { recursive: true, force: true });
      if (error instanceof RuntimeError) throw error;
      const message = `Cannot make the root of container ${this.#config.name}: ${(error as Error).message}`;
      throw new RuntimeError('CreateContainerError', message, { cause: error });
    }
  }

  #spawn(): void {
    const { clock, log } = this.#host.env;
    const writer = this.#openLog();
    let spawned: Spawned;
    try {
      const namespaces = { ...this.sandbox.namespaces, pid: 'new' as const };
      const command = startArguments(this.#setup);
      spawned = spawnInside({ home: this.#host.home, namespaces, command, user: this.#setup.user });
    } catch (error) {
      void writer.close();
      throw error;
    }
    this.#child = spawned.child;
    this.#state = { ...this.#state, phase: 'Running', startedAt: clock.now(), pid: spawned.pid };
    const readers = this.#read(spawned, writer);
    spawned.child.on('error', (error) => log.error('container process', { container: this.id, error }));
    spawned.child.on('exit', (code, signal) => {
      for (const reader of readers) reader.drain();
      void this.#finish(writer, signal === null ? { code: code ?? 0 } : { signal: constants.signals[signal] });
    });
  }

  #read(spawned: Spawned, writer: LogWriter): PipeReader[] {
    const stream = (fd: number, name: StreamName): PipeReader => {
      const reader = new PipeReader(fd, (chunk) => {
        writer.take(name, chunk);
        if (writer.backlog < BACKLOG_BYTES_MAX) return;
        reader.pause();
        void writer.flushed().then(() => reader.resume());
      });
      return reader;
    };
    let said = '';
    const setup = new PipeReader(
      spawned.setup,
      (chunk) => {
        said += chunk.toString();
      },
      () => this.#setupSaid.resolve(said.trim()),
    );
    return [stream(spawned.stdout, 'stdout'), stream(spawned.stderr, 'stderr'), setup];
  }

  async #finish(writer: LogWriter, how: { code?: number; signal?: number }): Promise<void> {
    const finishedAt = this.#host.env.clock.now();
    this.#killTimer?.timer.cancel();
    const failure = await this.#setupSaid.promise;
    await writer.close();
    const exitCode = failure !== '' ? START_FAILED : (how.code ?? 128 + (how.signal ?? 0));
    this.#state = { ...this.#state, phase: 'Exited', finishedAt, exitCode, signal: how.signal, pid: undefined };
    this.#ended.resolve();
    if (failure === '') this.#host.ended(this.#state);
  }

  #openLog(): LogWriter {
    try {
      return new LogWriter(this.#config.logPath, this.#host.env);
    } catch (error) {
      const message = `Cannot open the log of container ${this.#config.name}: ${(error as Error).message}`;
      throw new RuntimeError('RunContainerError', message, { cause: error });
    }
  }

  #killAfter(graceMs: number): void {
    const { clock } = this.#host.env;
    const at = clock.monotonic() + graceMs;
    if (this.#killTimer && this.#killTimer.at <= at) return;
    this.#killTimer?.timer.cancel();
    this.#killTimer = { at, timer: clock.timer(graceMs, () => this.#send(constants.signals.SIGKILL)) };
  }

  /** Sends to the first process only. False when it has ended. */
  #send(signal: number): boolean {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false;
    return process.kill(child.pid, signal);
  }
}
