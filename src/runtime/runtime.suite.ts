import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerState,
  type PodSandboxConfig,
  RuntimeError,
} from './runtime.ts';

/** One implementation under test, fresh for every test; disposing of it closes the runtime. */
export interface RuntimeSubject extends AsyncDisposable {
  readonly runtime: ContainerRuntime;
  readonly programs: RuntimePrograms;
  /** Resolves when the container's program listens to signals. */
  ready(containerId: string): Promise<void>;
  /** Waits for `work`, letting simulated time pass where there is any. */
  until<T>(work: Promise<T>): Promise<T>;
  readLog(path: string): string;
  /** Path for a log that does not exist yet. */
  logPath(name: string): string;
}

/** Commands that mean the same in every implementation. */
export interface RuntimePrograms {
  /** Exits with 3 when it gets SIGTERM. */
  readonly graceful: readonly string[];
  /** Ignores SIGTERM and never ends. */
  readonly stubborn: readonly string[];
  /** Prints `one` and `two` to stdout and `bad` to stderr and exits with 7. */
  readonly brief: readonly string[];
  /** Cannot be found. */
  readonly missing: readonly string[];
  /** To be executed in a container: prints `out` and `err` and exits with 4. */
  readonly answer: readonly string[];
  /** To be executed in a container: never ends. */
  readonly hang: readonly string[];
}

const FOREVER = 3_600_000;

/** Declares the law of `ContainerRuntime` as tests. */
export function runtimeSuite(name: string, open: () => Promise<RuntimeSubject>): void {
  describe(`${name} keeps the law of ContainerRuntime`, () => {
    startingLaws(open);
    stoppingLaws(open);
    removingLaws(open);
    execLaws(open);
  });
}

function startingLaws(open: () => Promise<RuntimeSubject>): void {
  it('starts the first process in startContainer and never before', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.create('graceful');
    assert.equal(box.runtime.containerStatus(id)?.phase, 'Created');
    assert.equal(box.runtime.containerStatus(id)?.pid, undefined);
    const state = await box.until(box.runtime.startContainer(id));
    assert.equal(state.phase, 'Running');
    assert.ok(state.pid !== undefined && state.startedAt !== undefined);
  });

  it('reports the end once, with the exit code, the times and all output written before', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.start('brief');
    const state = await box.ended(id);
    assert.equal(state.phase, 'Exited');
    assert.equal(state.exitCode, 7);
    assert.equal(state.signal, undefined);
    assert.ok(state.finishedAt! >= state.startedAt!);
    assert.deepEqual(box.lines(state), ['stderr F bad', 'stdout F one', 'stdout F two']);
    await box.runtime.close();
    assert.equal(box.exits.filter((exit) => exit.id === id).length, 1);
  });

  it('refuses what cannot be run, what runs already and sandboxes it does not know', async () => {
    await using box = await SuiteBox.of(open);
    await assert.rejects(box.create('missing'), refusal('CreateContainerError', 'RunContainerError'));
    const id = await box.start('graceful');
    await assert.rejects(box.runtime.startContainer(id), refusal('RunContainerError'));
    await assert.rejects(box.runtime.startContainer('nobody'), refusal('NotFound'));
    await assert.rejects(box.runtime.createContainer('nowhere', box.config('graceful')), refusal('NotFound'));
    assert.equal(box.runtime.containerStatus('nobody'), undefined);
  });
}

function stoppingLaws(open: () => Promise<RuntimeSubject>): void {
  it('sends the stop signal at once and waits for the end', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.start('graceful');
    let phaseAtSignal: string | undefined;
    const onSignalled = () => {
      phaseAtSignal = box.runtime.containerStatus(id)?.phase;
    };
    await box.until(box.runtime.stopContainer(id, { graceMs: FOREVER, signal: 'SIGTERM', onSignalled }));
    assert.equal(phaseAtSignal, 'Running');
    assert.equal(box.runtime.containerStatus(id)?.exitCode, 3);
    await box.until(box.runtime.stopContainer(id, { graceMs: FOREVER, signal: 'SIGTERM' }));
  });

  it('kills after the grace what does not listen', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.start('stubborn');
    await box.until(box.runtime.stopContainer(id, { graceMs: 100, signal: 'SIGTERM' }));
    const state = box.runtime.containerStatus(id)!;
    assert.deepEqual([state.phase, state.exitCode, state.signal], ['Exited', 137, 9]);
    assert.ok(state.finishedAt! - state.startedAt! >= 99);
  });

  it('kills at once with a grace of 0', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.start('graceful');
    await box.until(box.runtime.stopContainer(id, { graceMs: 0, signal: 'SIGTERM' }));
    assert.equal(box.runtime.containerStatus(id)?.exitCode, 137);
  });

  it('shortens the wait when stopped again with a shorter grace, and never lengthens it', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.start('stubborn');
    const long = box.runtime.stopContainer(id, { graceMs: FOREVER, signal: 'SIGTERM' });
    const short = box.runtime.stopContainer(id, { graceMs: 50, signal: 'SIGTERM' });
    const longer = box.runtime.stopContainer(id, { graceMs: FOREVER, signal: 'SIGTERM' });
    await box.until(Promise.all([long, short, longer]));
    assert.equal(box.runtime.containerStatus(id)?.exitCode, 137);
  });
}

function removingLaws(open: () => Promise<RuntimeSubject>): void {
  it('ends a container that is removed while it runs and reports it', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.start('stubborn');
    await box.until(box.runtime.removeContainer(id));
    assert.equal(box.runtime.containerStatus(id), undefined);
    assert.deepEqual(
      box.exits.map((exit) => [exit.id, exit.exitCode]),
      [[id, 137]],
    );
    await box.runtime.removeContainer(id);
  });

  it('takes all containers along when their sandbox is removed, and keeps their logs', async () => {
    await using box = await SuiteBox.of(open);
    const brief = await box.start('brief');
    const state = await box.ended(brief);
    const running = await box.start('stubborn');
    await box.until(box.runtime.removePodSandbox(box.sandboxId));
    assert.equal(box.runtime.containerStatus(brief), undefined);
    assert.equal(box.runtime.containerStatus(running), undefined);
    assert.equal(box.exits.length, 2);
    assert.equal(box.lines(state).length, 3);
    await box.runtime.removePodSandbox(box.sandboxId);
  });

  it('ends everything when closed, and takes no more pods', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.start('stubborn');
    await box.until(box.runtime.close());
    assert.deepEqual(
      box.exits.map((exit) => exit.id),
      [id],
    );
    await assert.rejects(box.runtime.runPodSandbox(SANDBOX), refusal('RunContainerError'));
  });

  it('tells a listener nothing any more once it has unsubscribed', async () => {
    await using box = await SuiteBox.of(open);
    const heard: string[] = [];
    const forget = box.runtime.onExit((state) => heard.push(state.id));
    await box.ended(await box.start('brief'));
    forget();
    await box.ended(await box.start('brief'));
    assert.equal(heard.length, 1);
  });
}

function execLaws(open: () => Promise<RuntimeSubject>): void {
  it('executes a command in a running container and gives back its exit code and output', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.start('graceful');
    const result = await box.until(box.runtime.execSync(id, box.programs.answer, FOREVER));
    assert.deepEqual(result, { exitCode: 4, stdout: 'out\n', stderr: 'err\n' });
  });

  it('throws ExecTimeout for a command that takes too long, and the container runs on', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.start('graceful');
    const hanging = box.runtime.execSync(id, box.programs.hang, 100);
    await assert.rejects(box.until(hanging), refusal('ExecTimeout'));
    assert.equal(box.runtime.containerStatus(id)?.phase, 'Running');
  });

  it('ends a command when its container ends', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.start('graceful');
    const hanging = box.runtime.execSync(id, box.programs.hang, FOREVER);
    await box.until(box.runtime.stopContainer(id, { graceMs: 0, signal: 'SIGTERM' }));
    assert.equal((await box.until(hanging)).exitCode, 137);
  });

  it('executes nothing in a container that does not run', async () => {
    await using box = await SuiteBox.of(open);
    const id = await box.create('graceful');
    await assert.rejects(box.runtime.execSync(id, box.programs.answer, FOREVER), refusal('RunContainerError'));
    await assert.rejects(box.runtime.execSync('nobody', box.programs.answer, FOREVER), refusal('NotFound'));
  });
}

const SANDBOX: PodSandboxConfig = {
  uid: 'uid-1',
  name: 'pod-1',
  namespace: 'default',
  hostname: 'pod-1',
  networkNamespacePath: undefined,
  files: {},
};

/** A subject with one sandbox and a record of the ends. */
class SuiteBox implements AsyncDisposable {
  readonly sandboxId: string;
  readonly exits: ContainerState[] = [];
  readonly #subject: RuntimeSubject;
  readonly #waiting = new Map<string, (state: ContainerState) => void>();
  #count = 0;

  static async of(open: () => Promise<RuntimeSubject>): Promise<SuiteBox> {
    const subject = await open();
    return new SuiteBox(subject, await subject.runtime.runPodSandbox(SANDBOX));
  }

  private constructor(subject: RuntimeSubject, sandboxId: string) {
    this.#subject = subject;
    this.sandboxId = sandboxId;
    subject.runtime.onExit((state) => {
      this.exits.push(state);
      this.#waiting.get(state.id)?.(state);
    });
  }

  get runtime(): ContainerRuntime {
    return this.#subject.runtime;
  }

  get programs(): RuntimePrograms {
    return this.#subject.programs;
  }

  until<T>(work: Promise<T>): Promise<T> {
    return this.#subject.until(work);
  }

  config(program: keyof RuntimePrograms): ContainerConfig {
    const name = `${program}-${this.#count++}`;
    return {
      name,
      attempt: 0,
      image: { id: 'test', entrypoint: [], cmd: [], env: {}, workingDir: undefined, stopSignal: 'SIGTERM' },
      command: this.programs[program],
      args: [],
      workingDir: undefined,
      env: {},
      mounts: [],
      runAsUser: undefined,
      runAsGroup: undefined,
      logPath: this.#subject.logPath(name),
    };
  }

  create(program: keyof RuntimePrograms): Promise<string> {
    return this.runtime.createContainer(this.sandboxId, this.config(program));
  }

  async start(program: keyof RuntimePrograms): Promise<string> {
    const id = await this.create(program);
    await this.until(this.runtime.startContainer(id));
    if (program === 'graceful' || program === 'stubborn') await this.until(this.#subject.ready(id));
    return id;
  }

  ended(id: string): Promise<ContainerState> {
    const known = this.exits.find((exit) => exit.id === id);
    if (known) return Promise.resolve(known);
    return this.until(new Promise((resolve) => this.#waiting.set(id, resolve)));
  }

  /** The log's lines without their times, sorted: streams are not ordered among each other. */
  lines(state: ContainerState): string[] {
    const lines = this.#subject.readLog(state.logPath).trimEnd().split('\n');
    for (const line of lines) assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /);
    return lines.map((line) => line.slice(line.indexOf(' ') + 1)).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subject[Symbol.asyncDispose]();
  }
}

function refusal(...reasons: string[]): (error: unknown) => boolean {
  return (error) => error instanceof RuntimeError && reasons.includes(error.reason);
}
