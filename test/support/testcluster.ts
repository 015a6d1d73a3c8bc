import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { kubectlPath } from '../../scripts/kubectl.ts';
import type { Resource } from '../../src/api/resource.ts';
import { pods } from '../../src/api/resources.ts';
import type { Pod } from '../../src/api/types/core.ts';
import type { KubeObject } from '../../src/api/types/meta.ts';
import type { Env } from '../../src/base/env.ts';
import type { Client } from '../../src/client/client.ts';
import { Informer } from '../../src/client/informer.ts';
import { connect } from '../../src/cluster/connect.ts';
import { type KubectlResult, kubectl } from './kubectl.ts';
import { type SegueEnd, type SegueOptions, SegueProcess } from './segue.ts';
import { tempDir } from './tempdir.ts';

/** Words of a command line: a string is split at spaces, a list is taken as it is. */
export type Words = string | readonly string[];

export interface TestClusterOptions extends SegueOptions {
  /** Further arguments of `segue up`. */
  readonly args?: readonly string[];
  /** State folder; one of its own, removed at the end, when absent. */
  readonly state?: string;
}

interface Parts {
  readonly process: SegueProcess;
  readonly state: string;
  readonly stack: AsyncDisposableStack;
  readonly client: Client;
  readonly env: Env;
}

/** A whole cluster as a user has it: `segue up` as a process of its own, and kubectl pointed at it. */
export class TestCluster implements AsyncDisposable {
  readonly process: SegueProcess;
  readonly state: string;
  readonly client: Client;
  readonly #env: Env;
  readonly #stack: AsyncDisposableStack;
  readonly #informers = new Set<{ stop(): Promise<void> }>();
  /** Rejects when the cluster ended by itself: whoever waits for something in it need wait no longer. */
  readonly #gone: Promise<never>;
  /** Aborted then: kubectl would wait for ever for a server that is gone. */
  readonly #over = new AbortController();

  private constructor(parts: Parts) {
    this.process = parts.process;
    this.state = parts.state;
    this.client = parts.client;
    this.#env = parts.env;
    this.#stack = parts.stack;
    this.#gone = this.process.ended.then(async ({ stdout, stderr }) => {
      const error = new Error(`segue ended:\n${stdout}${stderr}${await logOf(this.state)}`);
      this.#over.abort(error);
      throw error;
    });
    this.#gone.catch(() => {}); // Nobody may be waiting.
  }

  /** Resolves when nodes are up and what `-f` names was applied. */
  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    await using stack = new AsyncDisposableStack();
    const state = options.state ?? stack.use(await tempDir()).path;
    const args = ['up', '--port', '0', '--state', state, '--lb-address', '127.0.0.21', ...(options.args ?? [])];
    const process = stack.use(new SegueProcess(args, options));
    try {
      await process.says(/Stop it with Ctrl-C\./);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${await logOf(state)}`);
    }
    const { client, env, close } = await connect(join(state, 'kubeconfig'));
    stack.defer(close);
    return new TestCluster({ process, state, client, env, stack: stack.move() });
  }

  get kubeconfig(): string {
    return join(this.state, 'kubeconfig');
  }

  kubectl(words: Words, input?: string): Promise<KubectlResult> {
    return kubectl(this.kubeconfig, split(words), { signal: this.#over.signal, ...(input !== undefined && { input }) });
  }

  /** Runs kubectl, which must succeed: what it printed. */
  async ok(words: Words, input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(words, input);
    assert.equal(code, 0, `kubectl ${split(words).join(' ')}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Runs kubectl, which must fail: what it said. */
  async fails(words: Words, input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(words, input);
    assert.equal(code, 1, `kubectl ${split(words).join(' ')} succeeded: ${stdout}`);
    return stderr;
  }

  async json<T = Record<string, unknown>>(words: Words): Promise<T> {
    return JSON.parse(await this.ok([...split(words), '-o', 'json'])) as T;
  }

  /** Runs kubectl until `done` with its output so far; then interrupts it. Resolves with the output. */
  async follow(words: Words, done: (output: string) => boolean): Promise<string> {
    const child = spawn(await kubectlPath(), split(words), {
      env: { PATH: process.env['PATH'], HOME: dirname(this.kubeconfig), KUBECONFIG: this.kubeconfig },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    let output = '';
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        output += `${line}\n`;
        if (done(output)) return output;
      }
    } finally {
      child.kill('SIGINT');
      await ended;
    }
    throw new Error(`kubectl ${split(words).join(' ')} ended with:\n${output}`);
  }

  /** Resolves with the first value other than undefined that `find` makes of all objects of a kind in a namespace. */
  async until<T extends KubeObject, R>(
    resource: Resource<T>,
    find: (objects: readonly T[]) => R | undefined,
    namespace?: string,
  ): Promise<R> {
    const informer = new Informer(this.client, resource, { env: this.#env, ...(namespace && { namespace }) });
    const found = Promise.withResolvers<R>();
    const look = () => {
      const value = find(informer.list());
      if (value !== undefined) found.resolve(value);
    };
    informer.onProgress(look).start();
    this.#informers.add(informer);
    try {
      return await Promise.race([informer.synced.then(look).then(() => found.promise), found.promise, this.#gone]);
    } finally {
      this.#informers.delete(informer);
      await informer.stop();
    }
  }

  /** The pod `name` of namespace `default` once `holds` is true of it. */
  pod(name: string, holds: (pod: Pod) => boolean): Promise<Pod> {
    return this.until(pods, (all) => all.find((pod) => pod.metadata.name === name && holds(pod)), 'default');
  }

  /** Stops it as Ctrl-C does; the state folder stays until the end of the test. */
  async stop(): Promise<SegueEnd> {
    this.process.signal('SIGINT');
    return this.process.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#informers].map((informer) => informer.stop()));
    await this.#stack.disposeAsync();
  }
}

function split(words: Words): string[] {
  return typeof words === 'string' ? words.split(' ') : [...words];
}

/** What the components of the cluster in `state` logged, for the message of a test that failed. */
async function logOf(state: string): Promise<string> {
  return readFile(join(state, 'segue.log'), 'utf8').catch((error: Error) => `(no log: ${error.message})`);
}
