import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import { startTestCluster, type TestCluster } from '../../client/client.fixture.ts';
import type { LoadEvent } from '../load/events.ts';
import { LoadFailedError } from '../load/loadprocess.ts';
import { startPodLoad } from './podload.ts';

const READY = '{"event":"ready","at":1,"waitedMs":1,"url":"http://x","address":"x"}';
const SUMMARY = '{"event":"summary"}';

/** A cluster whose kubelet says `chunks` of every container, and breaks off after them when told to. */
function clusterThatSays(chunks: readonly string[], breaks = false): Promise<TestCluster> {
  async function* said(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk);
    if (breaks) throw new Error('the connection broke');
  }
  return startTestCluster({
    kubelets: () => async () => ({ status: 200, headers: {}, body: { kind: 'bytes', stream: said() } }),
  });
}

const start = (cluster: TestCluster) =>
  startPodLoad(cluster.client, { env: cluster.env, namespace: 'default', name: 'load', command: ['load'] });

async function setState(cluster: TestCluster, state: object): Promise<void> {
  const { client } = cluster;
  await client.of(pods).createSubresource('load', 'binding', {
    namespace: 'default',
    object: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'load' }, target: { kind: 'Node', name: 'node-1' } },
  });
  const containerStatuses = [{ name: 'load', image: 'x', imageID: '', ready: true, restartCount: 0, state }];
  await client
    .of(pods)
    .patch('load', { status: { containerStatuses } }, { namespace: 'default', subresource: 'status' });
}

async function collect(events: AsyncIterable<LoadEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { event } of events) seen.push(event);
  return seen;
}

const RUNNING = { running: { startedAt: '2026-01-01T00:00:00Z' } };

test('what the generator writes comes as events, however it is cut, until its summary', async () => {
  const text = `${READY}\nplain words\n${SUMMARY}\n`;
  await using cluster = await clusterThatSays([...text]);
  const load = await start(cluster);
  await setState(cluster, RUNNING);
  assert.deepEqual(await collect(load.events), ['ready', 'summary']);
  await load.close();
});

const FAILURES: Record<string, [string[], boolean, RegExp]> = {
  'ends without a summary': [[`${READY}\nno route\n`], false, /the generator ended without a summary: no route$/],
  'is cut off by a broken connection': [[`${READY}\n`], true, /Cannot read what .* says: the connection broke$/],
  'writes what is no event': [['{"event":"ready"\n'], false, /./],
};

for (const [what, [chunks, breaks, message]] of Object.entries(FAILURES)) {
  test(`a generator that ${what} is a failed load`, async () => {
    await using cluster = await clusterThatSays(chunks, breaks);
    const load = await start(cluster);
    await setState(cluster, RUNNING);
    await assert.rejects(
      collect(load.events),
      (error) => error instanceof LoadFailedError && message.test(error.message),
    );
    await load.close();
  });
}

test('a generator that cannot start says why', async () => {
  await using cluster = await clusterThatSays([]);
  const load = await start(cluster);
  await setState(cluster, { waiting: { reason: 'ErrImagePull', message: 'no such image' } });
  await assert.rejects(collect(load.events), /Cannot start the load generator: ErrImagePull: no such image$/);
  await load.close();
});

test('a generator whose pod is deleted before it starts is a failed load, not an endless wait', async () => {
  await using cluster = await clusterThatSays([]);
  const load = await start(cluster);
  const events = collect(load.events);
  await cluster.client.of(pods).delete('load', { namespace: 'default', gracePeriodSeconds: 0 });
  await assert.rejects(events, /Cannot start the load generator: its pod was deleted$/);
});

test('closing ends the wait for events and removes the pod, also twice', async () => {
  await using cluster = await clusterThatSays([]);
  const load = await start(cluster);
  const events = collect(load.events);
  await Promise.all([load.close(), assert.rejects(events, LoadFailedError)]);
  await load.close();
  const gone = cluster.client.of(pods).get('load', { namespace: 'default' });
  await assert.rejects(gone, (error) => isStatus(error, 'NotFound'));
});
