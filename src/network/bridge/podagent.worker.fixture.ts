import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { bindUdp, listenTcp } from '../../linux/listen.ts';
import { moveIntoNetworkNamespace, openNetworkNamespace } from '../../linux/namespaces.ts';
import type { AgentCall } from './podagent.fixture.ts';

const namespace = openNetworkNamespace(workerData);
moveIntoNetworkNamespace(namespace);
namespace.close();

const connections = new Map<string, Socket | DatagramSocket>();

parentPort!.on('message', async ({ id, call }: { id: number; call: AgentCall }) => {
  try {
    parentPort!.postMessage({ id, answer: await answer(call) });
  } catch (error) {
    parentPort!.postMessage({ id, error: String(error) });
  }
});

async function answer(call: AgentCall): Promise<string> {
  switch (call.do) {
    case 'serve':
      return serve(call.port, call.name);
    case 'stall':
      return String(listenTcp({ ip: '0.0.0.0', port: call.port, backlog: call.backlog }));
    case 'say':
      return say(connections.get(call.connection)!);
    case 'open': {
      const name = String(connections.size);
      connections.set(name, await open(call));
      return name;
    }
    case 'ask':
      return ask(call);
  }
}

async function serve(port: number, name: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => socket.write(name));
  });
  server.listen({ fd: listenTcp({ ip: '0.0.0.0', port }) });
  await once(server, 'listening');
  const datagrams = createSocket('udp4', (_data, from) => datagrams.send(name, from.port, from.address));
  const listening = once(datagrams, 'listening');
  datagrams.bind({ fd: bindUdp({ ip: '0.0.0.0', port }) });
  await listening;
  return name;
}

async function ask(call: { ip: string; port: number; protocol: 'TCP' | 'UDP' }): Promise<string> {
  try {
    const connection = await open(call);
    const answered = await say(connection);
    if ('destroy' in connection) connection.destroy();
    else connection.close();
    return answered;
  } catch (error) {
    // EPERM is what a datagram's sender is told where it is refused before it leaves its own node.
    if (['ECONNREFUSED', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'refused';
    throw error;
  }
}

async function open(call: { ip: string; port: number; protocol: 'TCP' | 'UDP' }): Promise<Socket | DatagramSocket> {
  if (call.protocol === 'TCP') {
    const socket = connect({ host: call.ip, port: call.port });
    await once(socket, 'connect');
    return socket;
  }
  const socket = createSocket('udp4');
  socket.connect(call.port, call.ip);
  await once(socket, 'connect');
  return socket;
}

async function say(connection: Socket | DatagramSocket): Promise<string> {
  if ('write' in connection) {
    connection.write('?');
    const [data] = await once(connection, 'data');
    return String(data);
  }
  const [data] = await Promise.all([once(connection, 'message'), send(connection)]);
  return String(data[0]);
}

function send(connection: DatagramSocket): Promise<void> {
  return new Promise((resolve, reject) => connection.send('?', (error) => (error ? reject(error) : resolve())));
}
