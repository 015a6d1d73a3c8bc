import { readFileSync } from 'node:fs';
import { silentLog } from '../../base/log.ts';
import { systemClock, systemRandom } from '../../base/system.ts';
import type { ContainerConfig, ContainerState, PodSandboxConfig } from '../runtime.ts';
import { ProcessRuntime } from './processruntime.ts';

let opened = 0;

/** A runtime for one test, with a directory of its own below the sandbox's /run. */
export function openRuntime(): { runtime: ProcessRuntime; directory: string } {
  const directory = `/run/test-${++opened}`;
  const env = { clock: systemClock, random: systemRandom, log: silentLog };
  return { runtime: new ProcessRuntime({ env, stateDir: `${directory}/state` }), directory };
}

/** A runtime with one pod, and short ways to run scripts in it. */
export class Pod implements AsyncDisposable {
  readonly runtime: ProcessRuntime;
  readonly directory: string;
  readonly exits: ContainerState[] = [];
  readonly #ended = new Map<string, PromiseWithResolvers<ContainerState>>();
  #id = '';
  #count = 0;

  static async open(config: Partial<PodSandboxConfig> = {}): Promise<Pod> {
    const pod = new Pod();
    const base = { uid: 'u', name: 'web', namespace: 'default', hostname: 'web', networkNamespacePath: undefined };
    pod.#id = await pod.runtime.runPodSandbox({ ...base, files: {}, ...config });
    return pod;
  }

  private constructor() {
    const { runtime, directory } = openRuntime();
    this.runtime = runtime;
    this.directory = directory;
    runtime.onExit((state) => {
      this.exits.push(state);
      this.#exit(state.id).resolve(state);
    });
  }

  config(script: string, more: Partial<ContainerConfig> = {}): ContainerConfig {
    const name = `c${this.#count++}`;
    return {
      name,
      attempt: 0,
      image: { id: 'test', entrypoint: [], cmd: [], env: {}, workingDir: undefined, stopSignal: 'SIGTERM' },
      command: ['sh', '-c', script],
      args: [],
      workingDir: undefined,
      env: {},
      mounts: [],
      runAsUser: undefined,
      runAsGroup: undefined,
      logPath: `${this.directory}/logs/${name}.log`,
      ...more,
    };
  }

  create(script: string, more: Partial<ContainerConfig> = {}): Promise<string> {
    return this.runtime.createContainer(this.#id, this.config(script, more));
  }

  async start(script: string, more: Partial<ContainerConfig> = {}): Promise<string> {
    const id = await this.create(script, more);
    await this.runtime.startContainer(id);
    return id;
  }

  ended(id: string): Promise<ContainerState> {
    return this.#exit(id).promise;
  }

  /** Runs a script to its end and gives back what it wrote to stdout. */
  async output(script: string, more: Partial<ContainerConfig> = {}): Promise<string> {
    return textOf(await this.ended(await this.start(script, more)));
  }

  #exit(id: string): PromiseWithResolvers<ContainerState> {
    return this.#ended.getOrInsertComputed(id, () => Promise.withResolvers<ContainerState>());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.close();
  }
}

/** What the log says went to stdout and stderr, without the CRI's prefixes. */
export function textOf(state: ContainerState): string {
  const lines = readFileSync(state.logPath, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => `${line.split(' ').slice(3).join(' ')}${line.split(' ')[2] === 'F' ? '\n' : ''}`).join('');
}
