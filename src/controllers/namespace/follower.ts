import type { Resource } from '../../api/resource.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';

/**
 * Follows what is left in one namespace, one kind at a time as asked, and says when a kind came to its end or merely
 * changed. Kinds are followed only while they hold the namespace, so namespaces that live cost nothing.
 */
export class Follower {
  readonly #client: Client;
  readonly #env: Env;
  readonly #namespace: string;
  readonly #onChange: (isEmpty: boolean) => void;
  readonly #informers = new Map<Resource, Informer<KubeObject>>();

  constructor(client: Client, options: { env: Env; namespace: string; onChange: (isEmpty: boolean) => void }) {
    this.#client = client;
    this.#env = options.env;
    this.#namespace = options.namespace;
    this.#onChange = options.onChange;
  }

  /** Follows `resources` from now on, and no others. */
  async follow(resources: readonly Resource[]): Promise<void> {
    for (const resource of resources) if (!this.#informers.has(resource)) this.#start(resource);
    const done = [...this.#informers].filter(([resource]) => !resources.includes(resource));
    for (const [resource] of done) this.#informers.delete(resource);
    await Promise.all(done.map(([, informer]) => informer.stop()));
  }

  async stop(): Promise<void> {
    await this.follow([]);
  }

  #start(resource: Resource): void {
    const informer = new Informer(this.#client, resource, { env: this.#env, namespace: this.#namespace });
    this.#informers.set(resource, informer);
    const tell = () => this.#onChange(informer.list().length === 0);
    // What left between the caller's list and this one has no event: the first list is told as a change.
    informer.onChange(tell).start();
    void informer.synced.then(tell);
  }
}
