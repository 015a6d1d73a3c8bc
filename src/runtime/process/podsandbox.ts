import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NamespaceHome, ProcessNamespaces } from '../../linux/processnamespaces.ts';
import type { PodSandboxConfig } from '../runtime.ts';

/** The namespaces that a pod's containers share, held open by descriptors, and the directory of their files. */
export class PodSandbox {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly directory: string;
  readonly #network: number | undefined;
  readonly #own: { uts: number; ipc: number };

  constructor(id: string, config: PodSandboxConfig, options: { home: NamespaceHome; stateDir: string }) {
    this.id = id;
    this.config = config;
    this.directory = join(options.stateDir, 'sandboxes', id);
    const path = config.networkNamespacePath;
    this.#network = path === undefined ? undefined : openSync(path, 'r');
    try {
      this.#own = options.home.newUtsAndIpc(config.hostname);
      mkdirSync(this.directory, { recursive: true });
    } catch (error) {
      if (this.#network !== undefined) closeSync(this.#network);
      throw error;
    }
  }

  get namespaces(): ProcessNamespaces {
    return this.#network === undefined ? this.#own : { ...this.#own, net: this.#network };
  }

  /** Every container sees these instead of the host's. */
  get files(): Readonly<Record<string, string>> {
    return { '/etc/hostname': `${this.config.hostname}\n`, ...this.config.files };
  }

  close(): void {
    for (const fd of [this.#network, this.#own.uts, this.#own.ipc]) if (fd !== undefined) closeSync(fd);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
