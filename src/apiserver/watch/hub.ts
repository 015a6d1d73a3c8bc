import type { Kind } from '../../api/kind.ts';
import type { WatchStream } from '../../api/request.ts';
import type { Env } from '../../base/env.ts';
import type { Objects } from '../objects.ts';
import { ResourceHub } from './resourcehub.ts';
import { Watcher, type WatcherOptions } from './watcher.ts';

/** All watches of the server: one subscription to the store for each kind that is watched. */
export class WatchHub {
  readonly #objects: Objects;
  readonly #env: Env;
  readonly #hubs = new Map<Kind, ResourceHub>();

  constructor(options: { objects: Objects; env: Env }) {
    this.#objects = options.objects;
    this.#env = options.env;
  }

  watch(kind: Kind, options: WatcherOptions): WatchStream {
    return new Watcher(this.#hubOf(kind), { ...options, env: this.#env });
  }

  /** Ends every stream. */
  close(): void {
    for (const hub of this.#hubs.values()) hub.close();
    this.#hubs.clear();
  }

  #hubOf(kind: Kind): ResourceHub {
    const known = this.#hubs.get(kind);
    if (known) return known;
    const hub = new ResourceHub(kind, { objects: this.#objects, env: this.#env });
    this.#hubs.set(kind, hub);
    return hub;
  }
}
