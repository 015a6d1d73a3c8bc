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
  readonly #listeners = new Map<string, { server: Server; publication: Publication; sockets: Set<Socket> }>();

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
    for (const id of [...this.#listeners.keys()]) this.#close(id);
  }

  async #reconcile(key: string): Promise<{ requeueAfterMs: number } | undefined> {
    const service = this.#services.get(key);
    const wanted = service ? planPublications(service, this.#options.loadBalancerIP) : [];
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, { publication }] of this.#listeners) {
      if (publication.service === key && !ids.has(id)) this.#close(id);
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
    if (service.spec.type === 'LoadBalancer') await this.#writeStatus(service, failures.length === 0);
    return failures.length > 0 ? { requeueAfterMs: RETRY_MS } : undefined;
  }

  /** Listens; what stands against it otherwise. */
  #listen(publication: Publication): Promise<string | undefined> {
    const { host, port, nodePort } = publication;
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      void this.#connect(socket, nodePort);
    });
    return new Promise((resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'EADDRINUSE' ? 'in use by another process' : error.message;
        resolve(`Cannot listen on ${host}:${port}: ${why}, need it free`);
      });
      server.listen({ host, port }, () => {
        this.#listeners.set(publication.id, { server, publication, sockets });
        resolve(undefined);
      });
    });
  }

  async #connect(client: Socket, nodePort: number): Promise<void> {
    client.on('error', () => client.destroy());
    const ip = this.#nodes.list().flatMap(addressOf)[0];
    try {
      if (!ip) throw new Error('no node has an address');
      const target = await dialInside(this.#options.nodesSocket, { ip, port: nodePort });
      target.on('error', () => client.destroy());
      target.on('close', () => client.destroy());
      client.on('close', () => target.destroy());
      client.pipe(target).pipe(client);
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

  #close(id: string): void {
    const listener = this.#listeners.get(id);
    if (!listener) return;
    this.#listeners.delete(id);
    listener.server.close();
    for (const socket of listener.sockets) socket.destroy();
  }
}

function addressOf(node: Node): string[] {
  return (node.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
}
