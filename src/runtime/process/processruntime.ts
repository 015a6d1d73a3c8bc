import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Env } from '../../base/env.ts';
import { detachMount, mountTmpfs, NamespaceHome } from '../../linux/processnamespaces.ts';
import {
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerState,
  type ExecResult,
  type PodSandboxConfig,
  RuntimeError,
  type StopOptions,
} from '../runtime.ts';
import { Container, type ContainerHost } from './container.ts';
import { unmappedId, userOf } from './environment.ts';
import { type HostView, planHostView, type RootEntry } from './hostview.ts';
import { type MountPoint, parseMountinfo } from './mountinfo.ts';
import { PodSandbox } from './podsandbox.ts';

export interface ProcessRuntimeOptions {
  readonly env: Env;
  /** Directory that gets a tmpfs with the containers' files while the runtime is open. */
  readonly stateDir: string;
}

/**
 * Containers as plain child processes, each in a pid and mount namespace of its own and in the pod's network, uts and
 * ipc namespaces. To be used in a process with a private mount namespace whose end takes its pid namespace along: then
 * nothing can outlive it. Law: `ContainerRuntime`.
 */
export class ProcessRuntime implements ContainerRuntime {
  readonly #env: Env;
  readonly #stateDir: string;
  readonly #home: NamespaceHome;
  readonly #host: ContainerHost;
  readonly #uidMap = readFileSync('/proc/self/uid_map', 'utf8');
  readonly #gidMap = readFileSync('/proc/self/gid_map', 'utf8');
  readonly #sandboxes = new Map<string, PodSandbox>();
  readonly #containers = new Map<string, Container>();
  readonly #listeners = new Set<(state: ContainerState) => void>();
  #closed = false;

  /** Throws `KernelError` or `KernelAccessError` where namespaces or mounts are not allowed. */
  constructor(options: ProcessRuntimeOptions) {
    this.#env = options.env;
    this.#stateDir = options.stateDir;
    this.#home = new NamespaceHome();
    mkdirSync(this.#stateDir, { recursive: true });
    mountTmpfs(this.#stateDir);
    const userNamespace = unmappedId(this.#uidMap, 0xffff_fffe);
    this.#host = {
      env: this.#env,
      home: this.#home,
      view: viewHost(this.#stateDir, userNamespace),
      userNamespace,
      hostMounts: readMounts,
      ended: (state) => {
        for (const listener of this.#listeners) listener(state);
      },
    };
  }

  async runPodSandbox(config: PodSandboxConfig): Promise<string> {
    if (this.#closed) throw new RuntimeError('RunContainerError', 'Cannot run a pod: the runtime is closed');
    const id = this.#newId();
    this.#sandboxes.set(id, new PodSandbox(id, config, { home: this.#home, stateDir: this.#stateDir }));
    return id;
  }

  async removePodSandbox(sandboxId: string): Promise<void> {
    const sandbox = this.#sandboxes.get(sandboxId);
    if (!sandbox) return;
    this.#sandboxes.delete(sandboxId);
    const own = [...this.#containers.values()].filter((container) => container.sandbox === sandbox);
    await Promise.all(own.map((container) => this.removeContainer(container.id)));
    sandbox.close();
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = this.#sandboxes.get(sandboxId);
    if (!sandbox) throw new RuntimeError('NotFound', `Cannot create container ${config.name}: no sandbox ${sandboxId}`);
    this.#checkUser(config);
    const container = new Container(this.#newId(), config, { sandbox, host: this.#host });
    this.#containers.set(container.id, container);
    return container.id;
  }

  async startContainer(containerId: string): Promise<ContainerState> {
    return this.#find(containerId).start();
  }

  async stopContainer(containerId: string, options: StopOptions): Promise<void> {
    await this.#find(containerId).stop(options);
  }

  async removeContainer(containerId: string): Promise<void> {
    const container = this.#containers.get(containerId);
    if (!container) return;
    await container.remove();
    this.#containers.delete(containerId);
  }

  containerStatus(containerId: string): ContainerState | undefined {
    return this.#containers.get(containerId)?.state;
  }

  async execSync(containerId: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    return this.#find(containerId).exec(command, timeoutMs);
  }

  onExit(listener: (state: ContainerState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#sandboxes.keys()].map((id) => this.removePodSandbox(id)));
    detachMount(this.#stateDir);
    this.#home.close();
  }

  #find(containerId: string): Container {
    const container = this.#containers.get(containerId);
    if (!container) throw new RuntimeError('NotFound', `container ${containerId} not found`);
    return container;
  }

  #checkUser(config: ContainerConfig): void {
    const { uid, gid } = userOf(config);
    const missing = unmappedId(this.#uidMap, uid) ? `user ${uid}` : unmappedId(this.#gidMap, gid) ? `group ${gid}` : '';
    if (missing === '') return;
    throw new RuntimeError(
      'CreateContainerError',
      `Cannot run container ${config.name} as ${missing}: this cluster runs in a user namespace with only user 0, need Segue started as root`,
    );
  }

  #newId(): string {
    return `${this.#env.random.uuid()}${this.#env.random.uuid()}`.replaceAll('-', '');
  }
}

function readMounts(): MountPoint[] {
  return parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'));
}

function viewHost(stateDir: string, userNamespace: boolean): HostView {
  const skeleton = join(stateDir, 'skeleton');
  const names = readdirSync('/').filter((name) => lstatSync(`/${name}`, { throwIfNoEntry: false }));
  if (userNamespace) makeSkeleton(skeleton, names);
  const rootEntries: RootEntry[] = names
    .filter((name) => !lstatSync(`/${name}`).isSymbolicLink())
    .map((name) => ({ name, kind: lstatSync(`/${name}`).isDirectory() ? 'directory' : 'other' }));
  const mounts = readMounts().filter((mount) => isVisibleDirectory(mount.path));
  return planHostView({ mounts, rootEntries, userNamespace, skeleton, own: [stateDir] });
}

/** The root directory's links, and an empty file or directory for each other entry to be mounted on. */
function makeSkeleton(skeleton: string, names: readonly string[]): void {
  mkdirSync(skeleton);
  for (const name of names) {
    const place = join(skeleton, name);
    const stats = lstatSync(`/${name}`);
    if (stats.isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), place);
    else if (stats.isDirectory()) mkdirSync(place);
    else writeFileSync(place, '');
  }
}

function isVisibleDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Hidden by a later mount, or behind a directory that we may not enter.
  }
}
