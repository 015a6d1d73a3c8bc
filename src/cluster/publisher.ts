import { createServer, type Server, type Socket } from 'node:net';
import { keyOf } from '../api/resource.ts';
import { nodes, services } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { Node, Service } from '../api/types/core.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { EventRecorder } from '../client/events.ts';
import { Informer } from '../client/informer.ts';
import { Reconciler } from '../client/reconciler.ts';
import { dialInside } from './dialinside.ts';
import { type Publication, planPublications } from './publications.ts';
import { splice } from './splice.ts';

const RETRY_MS = 5_000;

export interface PublisherOptions {
  readonly env: Env;
  readonly nodesSocket: string;
  /** Loopback address on which LoadBalancer Services are served, each on its own port. */
  readonly loadBalancerIP: string;
}

/**
 * Makes NodePorts and LoadBalancer Services reachable from this machine's loopback: a TCP listener for each, whose
 * connections go through the sandbox's socket to the node port of a node, where the service rules take over.
 */
export class Publisher {
  readonly #client: Client;
  readonly #options: PublisherOptions;
  readonly #services: Informer<Service>;
  readonly #nodes: Informer<Node>;
  readonly #recorder: EventRecorder;
  readonly #reconciler: Reconciler;
  readonly #listeners = new Map<string, { server: Server; publication: Publication }>();
  /** Connections outlive their listener, as they outlive a change of the service rules. */
  readonly #sockets = new Set<Socket>();

  constructor(client: Client, options: PublisherOptions) {
    const { env } = options;
    this.#client = client;
    this.#options = options;
    this.#services = new Informer(client, services, { env });
    this.#nodes = new Informer(client, nodes, { env });
    this.#recorder = new EventRecorder(client, { env, component: 'port-publisher' });
    this.#reconciler = new Reconciler({ env, name: 'port-publisher', reconcile: (key) => this.#reconcile(key) });
  }

  async start(): Promise<void> {
    this.#services.onChange(({ key }) => this.#reconciler.queue.add(key)).start();
    this.#nodes.start();
    await Promise.all([this.#services.synced, this.#nodes.synced]);
    this.#reconciler.start();
  }

  async stop(): Promise<void> {
    await this.#reconciler.stop();
    await Promise.all([this.#services.stop(), this.#nodes.stop()]);
    const closed = [...this.#listeners.keys()].map((id) => this.#close(id));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async #reconcile(key: string): Promise<{ requeueAfterMs: number } | undefined> {
    const service = this.#services.get(key);
    const wanted = service ? planPublications(service, this.#options.loadBalancerIP) : [];
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, { publication }] of this.#listeners) {
      if (publication.service === key && !ids.has(id)) void this.#close(id);
    }
    const failures: string[] = [];
    for (const publication of wanted) {
      if (this.#listeners.has(publication.id)) continue;
      const failure = await this.#listen(publication);
      if (failure) failures.push(failure);
    }
    if (!service) return undefined;
    for (const message of failures)
      this.#recorder.record(service, { type: 'Warning', reason: 'PortNotPublished', message });
    await this.#writeStatus(service, service.spec.type === 'LoadBalancer' && failures.length === 0);
    return failures.length > 0 ? { requeueAfterMs: RETRY_MS } : undefined;
  }

  /** Listens; what stands against it otherwise. */
  #listen(publication: Publication): Promise<string | undefined> {
    const { host, port, nodePort } = publication;
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      void this.#connect(socket, nodePort);
    });
    return new Promise((resolve) => {
      const onError = (error: NodeJS.ErrnoException) => resolve(this.#problem(publication, error));
      server.once('error', onError);
      server.listen({ host, port }, () => {
        server.off('error', onError);
        // Out of descriptors, say: the connection that could not be accepted is lost, the listener stays.
        server.on('error', (error) =>
          this.#options.env.log.warn('no connection accepted', { port, error: String(error) }),
        );
        this.#listeners.set(publication.id, { server, publication });
        resolve(undefined);
      });
    });
  }

  #problem({ host, port }: Publication, error: NodeJS.ErrnoException): string {
    const cannot = `Cannot listen on ${host}:${port}`;
    if (error.code === 'EACCES') return `${cannot}: no permission, need a higher port`;
    if (error.code !== 'EADDRINUSE') return `${cannot}: ${error.message}, need an address of this machine`;
    const other = [...this.#listeners.values()].find(({ publication: p }) => p.host === host && p.port === port);
    return `${cannot}: in use by ${other ? `Service ${other.publication.service}` : 'another process'}, need it free`;
  }

  async #connect(client: Socket, nodePort: number): Promise<void> {
    const gone = new AbortController();
    client.on('error', () => client.destroy());
    client.once('close', () => gone.abort());
    const ip = this.#nodes.list().sort(readyFirst).flatMap(addressOf)[0];
    try {
      if (!ip) throw new Error('no node has an address');
      splice(client, await dialInside(this.#options.nodesSocket, { ip, port: nodePort, signal: gone.signal }));
    } catch (error) {
      this.#options.env.log.debug('published connection refused', { nodePort, error: String(error) });
      client.resetAndDestroy();
    }
  }

  async #writeStatus(service: Service, published: boolean): Promise<void> {
    const ingress = published ? [{ ip: this.#options.loadBalancerIP }] : [];
    if (JSON.stringify(service.status?.loadBalancer?.ingress ?? []) === JSON.stringify(ingress)) return;
    const { name, namespace } = service.metadata;
    const patch = { status: { loadBalancer: { ingress } } };
    try {
      await this.#client.of(services).patch(name, patch, { namespace, subresource: 'status' });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
      this.#options.env.log.debug('the service went meanwhile', { service: keyOf(service) });
    }
  }

  /** Resolves when the last connection has ended too. */
  #close(id: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#listeners.get(id)?.server.close(() => resolve());
    this.#listeners.delete(id);
    return promise;
  }
}

function readyFirst(a: Node, b: Node): number {
  return Number(isReady(b)) - Number(isReady(a));
}

function isReady(node: Node): boolean {
  return (node.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}

function addressOf(node: Node): string[] {
  return (node.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
}
