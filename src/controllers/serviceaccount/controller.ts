import { keyOf } from '../../api/resource.ts';
import { namespaces, serviceAccounts } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Namespace, ServiceAccount } from '../../api/types/core.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { Reconciler } from '../../client/reconciler.ts';

const DEFAULT_ACCOUNT = 'default';

/** Keeps a ServiceAccount named `default` in every namespace that is not being deleted. */
export class ServiceAccountController {
  readonly #client: Client;
  readonly #namespaces: Informer<Namespace>;
  readonly #accounts: Informer<ServiceAccount>;
  readonly #reconciler: Reconciler;

  constructor(client: Client, options: { env: Env }) {
    const { env } = options;
    this.#client = client;
    this.#namespaces = new Informer(client, namespaces, { env });
    this.#accounts = new Informer(client, serviceAccounts, {
      env,
      fieldSelector: `metadata.name=${DEFAULT_ACCOUNT}`,
    });
    this.#reconciler = new Reconciler({ env, name: 'serviceaccount', reconcile: (key) => this.#reconcile(key) });
  }

  /** Resolves when every namespace and account has been seen and the work has begun. */
  async start(): Promise<void> {
    const { queue } = this.#reconciler;
    this.#namespaces.onChange(({ key }) => queue.add(key)).start();
    this.#accounts
      .onChange(({ object, previous }) => {
        const namespace = previous?.metadata.namespace;
        if (!object && namespace) queue.add(namespace);
      })
      .start();
    await Promise.all([this.#namespaces.synced, this.#accounts.synced]);
    this.#reconciler.start();
  }

  async stop(): Promise<void> {
    await this.#reconciler.stop();
    await Promise.all([this.#namespaces.stop(), this.#accounts.stop()]);
  }

  async #reconcile(namespaceName: string): Promise<undefined> {
    const namespace = this.#namespaces.get(namespaceName);
    if (!namespace || namespace.metadata.deletionTimestamp) return;
    const metadata = { name: DEFAULT_ACCOUNT, namespace: namespaceName };
    if (this.#accounts.get(keyOf({ metadata }))) return;
    try {
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
      this.#accounts.absorb(await this.#client.of(serviceAccounts).create(account));
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists') && !isNamespaceGone(error)) throw error;
    }
  }
}

/** The namespace was deleted since it was read: nothing is to be done any more. */
function isNamespaceGone(error: unknown): boolean {
  if (isStatus(error, 'NotFound')) return true;
  return (
    isStatus(error, 'Forbidden') &&
    (error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false)
  );
}
