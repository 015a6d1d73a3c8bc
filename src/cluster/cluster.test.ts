import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../test/support/tempdir.ts';
import { namespaces } from '../api/resources.ts';
import { openSqliteStore } from '../store/sqlite/opensqlitestore.ts';
import { type ClusterOptions, startCluster } from './cluster.ts';

const OPTIONS = {
  nodes: 1,
  port: 0,
  level: 'Observed',
  logLevel: 'error',
  inMemory: false,
  loadBalancerIP: '127.0.0.78',
  imagesFiles: [],
} as const satisfies Omit<ClusterOptions, 'state'>;

/** The start fails, and nothing of it is left: its store can be opened and nothing of it keeps this process alive. */
async function failedStart(options: ClusterOptions): Promise<Error> {
  const before = process.getActiveResourcesInfo().filter(isHeld).sort();
  const error = await startCluster(options).then(
    async (cluster) => {
      await cluster.stop();
      return assert.fail('the cluster started');
    },
    (thrown: Error) => thrown,
  );
  assert.deepEqual(process.getActiveResourcesInfo().filter(isHeld).sort(), before);
  return error;
}

const isHeld = (resource: string) => /Server|Process|Pipe/.test(resource);

async function assertFree(state: string): Promise<void> {
  await (await openSqliteStore({ folder: join(state, 'store') })).close();
  assert.deepEqual(
    (await readdir(state)).filter((name) => name.endsWith('.sock')),
    [],
  );
}

test('a taken port ends the start by name, and the store is free again', async () => {
  await using temp = await tempDir();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const error = await failedStart({ ...OPTIONS, state: temp.path, port });
    assert.equal(error.name, 'AddressInUseError');
    assert.equal(error.message, `Cannot listen on 127.0.0.1:${port}: it is in use, need a free one`);
    await assertFree(temp.path);
  } finally {
    server.close();
  }
});

test('a state folder in use ends the start before any certificate is made', async () => {
  await using temp = await tempDir();
  const store = await openSqliteStore({ folder: join(temp.path, 'store') });
  try {
    const error = await failedStart({ ...OPTIONS, state: temp.path });
    assert.equal(error.name, 'StoreInUseError');
    assert.deepEqual(await readdir(join(temp.path, 'pki')), []);
  } finally {
    await store.close();
  }
});

test('a log that cannot be written and damaged certificates end the start by name', async () => {
  await using temp = await tempDir();
  await mkdir(join(temp.path, 'segue.log'));
  const noLog = await failedStart({ ...OPTIONS, state: temp.path });
  assert.deepEqual([noLog.name, /^Cannot write the log .*\(--state\)$/.test(noLog.message)], ['ClusterError', true]);
  await using other = await tempDir();
  await mkdir(join(other.path, 'pki'));
  for (const file of ['ca.crt', 'ca.key']) await writeFile(join(other.path, 'pki', file), 'damaged');
  assert.match((await failedStart({ ...OPTIONS, state: other.path })).message, /^Cannot use the certificates in /);
  await assertFree(other.path);
});

test('a kubeconfig that cannot be written ends the start with its sandbox, and nothing is left', async () => {
  await using temp = await tempDir();
  const kubeconfig = join(temp.path, 'folder');
  await mkdir(kubeconfig);
  const state = join(temp.path, 'state');
  const error = await failedStart({ ...OPTIONS, state, kubeconfig });
  assert.match(`${error.name}: ${error.message}`, /^ClusterError: Cannot write the kubeconfig .*folder: /);
  await assertFree(state);
});

test('a kubeconfig that cannot be merged into ends the start before another is written', async () => {
  await using temp = await tempDir();
  const mergeInto = join(temp.path, 'mine');
  await writeFile(mergeInto, 'clusters: [');
  const kubeconfig = join(temp.path, 'kubeconfig');
  const error = await failedStart({ ...OPTIONS, state: join(temp.path, 'state'), kubeconfig, mergeInto });
  assert.match(error.message, /^Cannot merge into .*mine: /);
  assert.deepEqual((await readdir(temp.path)).sort(), ['mine', 'state']);
});

test('a sandbox that cannot be started is said by what is missing, and stopping twice is stopping once', async () => {
  await using temp = await tempDir();
  const path = process.env['PATH'];
  process.env['PATH'] = temp.path;
  try {
    const cluster = await startCluster({ ...OPTIONS, state: temp.path });
    try {
      await assert.rejects(cluster.nodesReady, {
        name: 'ClusterError',
        message: 'Cannot make namespaces: setpriv or unshare is not installed, need util-linux',
      });
    } finally {
      await Promise.all([cluster.stop(), cluster.stop()]);
    }
    await assertFree(temp.path);
  } finally {
    process.env['PATH'] = path;
  }
});

test('in memory, a folder whose cluster runs is refused, and the running one goes on', async () => {
  await using temp = await tempDir();
  const path = process.env['PATH'];
  process.env['PATH'] = temp.path;
  try {
    const first = await startCluster({ ...OPTIONS, state: temp.path, inMemory: true });
    try {
      await assert.rejects(startCluster({ ...OPTIONS, state: temp.path, inMemory: true }), {
        name: 'AddressInUseError',
        message: /^Cannot listen on .*api\.sock: it is in use/,
      });
      assert.ok((await readdir(temp.path)).includes('api.sock'));
      assert.ok((await first.client('test').of(namespaces).list()).items.length > 0);
    } finally {
      await first.stop();
    }
  } finally {
    process.env['PATH'] = path;
  }
});
