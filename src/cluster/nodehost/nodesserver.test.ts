import assert from 'node:assert/strict';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { tempDir } from '../../../test/support/tempdir.ts';
import type { ApiRequest, ApiResponse, Handle } from '../../api/request.ts';
import { isStatus, StatusError } from '../../api/status.ts';
import { silentLog } from '../../base/log.ts';
import { systemClock, systemRandom } from '../../base/system.ts';
import { dialInside } from '../dialinside.ts';
import { kubeletOf } from '../kubeletof.ts';
import { startNodesServer } from './nodesserver.ts';

const ENV = { clock: systemClock, random: systemRandom, log: silentLog };

async function withNodes(handle: Handle, run: (path: string) => Promise<void>): Promise<void> {
  await using temp = await tempDir();
  const path = join(temp.path, 'nodes.sock');
  const server = await startNodesServer({
    path,
    env: ENV,
    kubelet: (name) => (name === 'node-1' ? { handle } : undefined),
  });
  try {
    await run(path);
  } finally {
    await server.close();
  }
}

const NO_KUBELET: Handle = () => Promise.reject(new StatusError('NotFound', 'nothing here'));

async function listening(onSocket: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, onSocket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
}

/** All that comes, without ending the other direction as reading by iteration does. */
async function heard(socket: Socket): Promise<string> {
  let said = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  await once(socket, 'end');
  return said;
}

function request(path: string, signal = new AbortController().signal): ApiRequest {
  return {
    method: 'GET',
    path,
    query: new URLSearchParams({ follow: 'true' }),
    headers: {},
    user: { name: 'u', groups: [] },
    signal,
  };
}

async function readAll(response: ApiResponse): Promise<string> {
  assert.ok(response.body.kind === 'bytes');
  return text(response.body.stream);
}

test('only its owner may open the socket', async () => {
  await withNodes(NO_KUBELET, async (path) => assert.equal((await stat(path)).mode & 0o777, 0o600));
});

test('a kubelet is asked by its node, with path and query, and its stream comes back', async () => {
  const seen: string[] = [];
  const handle: Handle = async ({ method, path, query }) => {
    seen.push(`${method} ${path}?${query}`);
    const stream = (async function* () {
      yield Buffer.from('one ');
      yield Buffer.from('two');
    })();
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: { kind: 'bytes', stream } };
  };
  await withNodes(handle, async (path) => {
    const response = await kubeletOf(path, 'node-1')(request('/containerLogs/default/web/main'));
    assert.equal(await readAll(response), 'one two');
    assert.deepEqual(seen, ['GET /containerLogs/default/web/main?follow=true']);
  });
});

test('what a kubelet refuses is refused with its reason, and a node that is not here with its name', async () => {
  const refuse: Handle = () => Promise.reject(new StatusError('BadRequest', 'container x is not valid'));
  await withNodes(refuse, async (path) => {
    await assert.rejects(kubeletOf(path, 'node-1')(request('/x')), (error) => isStatus(error, 'BadRequest'));
    await assert.rejects(kubeletOf(path, 'node-2')(request('/x')), { reason: 'NotFound', message: /"node-2"/ });
  });
});

test('a defect of a kubelet is an internal error and does not end the server', async () => {
  await withNodes(
    () => Promise.reject(new TypeError('defect')),
    async (path) => {
      for (let i = 0; i < 2; i++) {
        await assert.rejects(kubeletOf(path, 'node-1')(request('/x')), (error) => isStatus(error, 'InternalError'));
      }
    },
  );
});

test('a client that goes away ends the stream it read', async () => {
  const ended = Promise.withResolvers<void>();
  const handle: Handle = async ({ signal }) => {
    const stream = (async function* () {
      yield Buffer.from('first');
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      ended.resolve();
    })();
    return { status: 200, headers: {}, body: { kind: 'bytes', stream } };
  };
  await withNodes(handle, async (path) => {
    const gone = new AbortController();
    const response = await kubeletOf(path, 'node-1')(request('/x', gone.signal));
    assert.ok(response.body.kind === 'bytes');
    for await (const chunk of response.body.stream) {
      assert.equal(String(chunk), 'first');
      break;
    }
    gone.abort();
    await ended.promise;
  });
});

test('a kubelet whose host is away is unavailable', async () => {
  await using temp = await tempDir();
  await assert.rejects(kubeletOf(join(temp.path, 'none.sock'), 'node-1')(request('/x')), {
    reason: 'ServiceUnavailable',
    message: /^Cannot reach the kubelet of node-1: /,
  });
});

test('a connection goes through in both directions, each with an end of its own', async () => {
  const { server, port } = await listening((socket) => {
    void heard(socket).then((said) => socket.end(`you said ${said}`));
  });
  try {
    await withNodes(NO_KUBELET, async (path) => {
      const inside = await dialInside(path, { ip: '127.0.0.1', port });
      inside.end('hello');
      assert.equal(await text(inside), 'you said hello');
    });
  } finally {
    server.close();
  }
});

test('what a server said before it closed arrives whole at a slow reader that has ended its side', async () => {
  const size = 4_000_000;
  const { server, port } = await listening((socket) => {
    socket.resume().on('end', () => socket.end(Buffer.alloc(size, 'x')));
  });
  try {
    await withNodes(NO_KUBELET, async (path) => {
      const inside = await dialInside(path, { ip: '127.0.0.1', port });
      inside.end('go');
      let read = 0;
      for await (const chunk of inside) {
        read += (chunk as Buffer).length;
        await systemClock.turn();
      }
      assert.equal(read, size);
    });
  } finally {
    server.close();
  }
});

test('bytes that come with the CONNECT are not lost', async () => {
  const { server, port } = await listening((socket) => {
    void heard(socket).then((said) => socket.end(said));
  });
  try {
    await withNodes(NO_KUBELET, async (path) => {
      const socket = connect({ path });
      socket.end(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nhost: x\r\n\r\nearly`);
      assert.equal(await text(socket), 'HTTP/1.1 200 Connection established\r\n\r\nearly');
    });
  } finally {
    server.close();
  }
});

test('a client that goes away closes the connection behind it', async () => {
  const closed = Promise.withResolvers<void>();
  const { server, port } = await listening((socket) => {
    socket
      .resume()
      .on('error', () => {})
      .on('close', () => closed.resolve())
      .on('end', () => socket.end());
  });
  try {
    await withNodes(NO_KUBELET, async (path) => {
      (await dialInside(path, { ip: '127.0.0.1', port })).destroy();
      await closed.promise;
    });
  } finally {
    server.close();
  }
});

test('a refused connection and a senseless address are refusals with a reason, and the server goes on', async () => {
  const { server, port } = await listening(() => {});
  await new Promise((resolve) => server.close(resolve));
  await withNodes(NO_KUBELET, async (path) => {
    await assert.rejects(dialInside(path, { ip: '127.0.0.1', port }), /Cannot connect to .*: ECONNREFUSED/);
    await assert.rejects(dialInside(path, { ip: '127.0.0.1', port: 70_000 }), /need an IPv4 address and a port/);
    await assert.rejects(dialInside(path, { ip: 'nonsense', port: 1 }), /need an IPv4 address and a port/);
  });
});
