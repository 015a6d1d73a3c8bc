import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { tempDir } from '../../test/support/tempdir.ts';
import type { Resource } from '../api/resource.ts';
import { events, nodes, services } from '../api/resources.ts';
import type { Service } from '../api/types/core.ts';
import type { KubeObject } from '../api/types/meta.ts';
import { startTestCluster, type TestCluster } from '../client/client.fixture.ts';
import { Informer } from '../client/informer.ts';
import { startNodesServer } from './nodehost/nodesserver.ts';
import { Publisher } from './publisher.ts';

const LOAD_BALANCER = '127.0.0.77';

interface World {
  readonly cluster: TestCluster;
  readonly publisher: Publisher;
  /** Resolves when an object of the kind is as asked. */
  until<T extends KubeObject>(resource: Resource<T>, holds: (object: T) => boolean): Promise<T>;
}

/** A real API server in process, a node whose address is this machine's loopback, and what CONNECT leads to there. */
async function withPublisher(run: (world: World) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const cluster = stack.use(await startTestCluster({ nodePortRange: { from: 30_000, to: 32_000 } }));
  const temp = stack.use(await tempDir());
  const nodesSocket = join(temp.path, 'nodes.sock');
  const { env, client } = cluster;
  const inside = await startNodesServer({ path: nodesSocket, env, kubelet: () => undefined });
  stack.defer(() => inside.close());
  await client.of(nodes).create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec: {} });
  const status = { addresses: [{ type: 'InternalIP', address: '127.0.0.2' }] };
  await client.of(nodes).patch('node-1', { status }, { subresource: 'status' });
  const publisher = new Publisher(client, { env, nodesSocket, loadBalancerIP: LOAD_BALANCER });
  stack.defer(() => publisher.stop());
  await publisher.start();
  const until = async <T extends KubeObject>(resource: Resource<T>, holds: (object: T) => boolean) => {
    const found = Promise.withResolvers<T>();
    const informer = new Informer(client, resource, { env });
    informer.onChange(({ object }) => object && holds(object) && found.resolve(object)).start();
    try {
      return await found.promise;
    } finally {
      await informer.stop();
    }
  };
  await run({ cluster, publisher, until });
}

const PORTS = { port: 18_077, nodePort: 31_077 };

function service(type: string, more: { port?: number; nodePort?: number; name?: string } = {}) {
  const { port = PORTS.port, nodePort = PORTS.nodePort, name = 'web' } = more;
  const metadata = { name, namespace: 'default' };
  return {
    apiVersion: 'v1' as const,
    kind: 'Service' as const,
    metadata,
    spec: { type, selector: { app: 'web' }, ports: [{ port, nodePort }] },
  } as unknown as Service;
}

/** What listens inside the sandbox on the node's port and says its own name. */
async function inside(port: number, says = 'hello'): Promise<AsyncDisposable> {
  return listener('127.0.0.2', port, (socket) => socket.resume().end(says));
}

async function listener(host: string, port: number, onSocket: (socket: Socket) => void): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    onSocket(socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the host gets from an address: bytes, or the error's code. */
async function fetched(host: string, port: number): Promise<string> {
  const socket = connect({ host, port });
  return text(socket).catch((error: NodeJS.ErrnoException) => error.code ?? String(error));
}

const isPublished = ({ status }: Service) => status?.loadBalancer?.ingress?.[0]?.ip === LOAD_BALANCER;

test('a LoadBalancer Service gets its address and is reachable on its port and its node port', async () => {
  await withPublisher(async ({ cluster, until }) => {
    await using _server = await inside(PORTS.nodePort);
    await cluster.client.of(services).create(service('LoadBalancer'));
    await until(services, isPublished);
    assert.equal(await fetched(LOAD_BALANCER, PORTS.port), 'hello');
    assert.equal(await fetched('127.0.0.1', PORTS.nodePort), 'hello');
  });
});

test('a deleted Service is no longer listened for, and a stopped publisher listens for nothing', async () => {
  await withPublisher(async ({ cluster, publisher, until }) => {
    await using _server = await inside(PORTS.nodePort);
    const { client } = cluster;
    await client.of(services).create(service('LoadBalancer'));
    await client.of(services).create(service('LoadBalancer', { name: 'other', port: 18_078, nodePort: 31_078 }));
    for (const name of ['web', 'other']) await until(services, (s) => s.metadata.name === name && isPublished(s));
    await client.of(services).delete('web', { namespace: 'default' });
    // Reconciled one after the other: when a later Service is published, the earlier deletion is done.
    await client.of(services).create(service('LoadBalancer', { name: 'later', port: 18_079, nodePort: 31_079 }));
    await until(services, (s) => s.metadata.name === 'later' && isPublished(s));
    assert.equal(await fetched(LOAD_BALANCER, PORTS.port), 'ECONNREFUSED');
    assert.equal(await fetched('127.0.0.1', PORTS.nodePort), 'ECONNREFUSED');
    await publisher.stop();
    assert.equal(await fetched(LOAD_BALANCER, 18_078), 'ECONNREFUSED');
  });
});

test('a port that is taken is an Event that says so, and is published once it is free', async () => {
  await withPublisher(async ({ cluster, until }) => {
    await using _server = await inside(PORTS.nodePort);
    const taken = await listener(LOAD_BALANCER, PORTS.port, (socket) => socket.destroy());
    await cluster.client.of(services).create(service('LoadBalancer'));
    const event = await until(events, ({ reason }) => reason === 'PortNotPublished');
    assert.equal(event.type, 'Warning');
    assert.equal(
      event.message,
      `Cannot listen on ${LOAD_BALANCER}:${PORTS.port}: in use by another process, need it free`,
    );
    assert.equal(isPublished(await cluster.client.of(services).get('web', { namespace: 'default' })), false);
    await taken[Symbol.asyncDispose]();
    await cluster.clock.advance(6_000);
    await until(services, isPublished);
    assert.equal(await fetched(LOAD_BALANCER, PORTS.port), 'hello');
  });
});

test('two Services that want one port are told of each other', async () => {
  await withPublisher(async ({ cluster, until }) => {
    const { client } = cluster;
    await client.of(services).create(service('LoadBalancer'));
    await until(services, isPublished);
    await client.of(services).create(service('LoadBalancer', { name: 'other', nodePort: 31_078 }));
    const { message } = await until(events, ({ reason }) => reason === 'PortNotPublished');
    assert.match(String(message), /in use by Service default\/web, need it free$/);
  });
});

test('a changed node port is followed, a connection under way goes on, and a Service that is one no more loses its address', async () => {
  await withPublisher(async ({ cluster, until }) => {
    const { client } = cluster;
    await using _old = await listener('127.0.0.2', PORTS.nodePort, (socket) => socket.pipe(socket));
    await using _new = await inside(31_080, 'new');
    await client.of(services).create(service('LoadBalancer'));
    await until(services, isPublished);
    const open = connect({ host: LOAD_BALANCER, port: PORTS.port });
    open.write('a');
    assert.equal(String((await once(open, 'data'))[0]), 'a');
    const patch = { spec: { ports: [{ port: PORTS.port, nodePort: 31_080, protocol: 'TCP' }] } };
    await client.of(services).patch('web', patch, { namespace: 'default' });
    await client.of(services).create(service('LoadBalancer', { name: 'later', port: 18_079, nodePort: 31_079 }));
    await until(services, (s) => s.metadata.name === 'later' && isPublished(s));
    assert.equal(await fetched(LOAD_BALANCER, PORTS.port), 'new');
    assert.equal(await fetched('127.0.0.1', PORTS.nodePort), 'ECONNREFUSED');
    open.write('b');
    assert.equal(String((await once(open, 'data'))[0]), 'b');
    open.destroy();
    await client.of(services).patch('web', { spec: { type: 'ClusterIP' } }, { namespace: 'default' });
    await until(services, (s) => s.metadata.name === 'web' && !isPublished(s));
    assert.equal(await fetched(LOAD_BALANCER, PORTS.port), 'ECONNREFUSED');
  });
});

test('a connection to a node port that nobody serves is reset, not left waiting', async () => {
  await withPublisher(async ({ cluster, until }) => {
    await cluster.client.of(services).create(service('LoadBalancer'));
    await until(services, isPublished);
    assert.equal(await fetched(LOAD_BALANCER, PORTS.port), 'ECONNRESET');
  });
});
