import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../api/types/meta.ts';
import { below, seededRandom } from '../../base/random.ts';
import { MemoryStore } from '../../store/memory/memorystore.ts';
import { configMap, startTestServer, type TestServer } from '../apiserver.fixture.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

async function put(server: TestServer, name: string, labels: Record<string, string> = {}): Promise<void> {
  const created = await server.ask(`POST ${CONFIG_MAPS}`, { body: configMap(name, { labels }) });
  if (created.status === 201) return;
  const body = configMap(name, { labels, data: { at: String(server.durable.revision) } });
  const updated = await server.ask(`PUT ${CONFIG_MAPS}/${name}`, { body });
  assert.equal(updated.status, 200, updated.text);
}

test('Ordered, Unique, Atomic: each change comes once, in the order of revisions, to every watcher', async () => {
  await using server = await startTestServer();
  const random = seededRandom(11);
  const from = server.durable.revision;
  const early = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${from}`);
  for (let step = 0; step < 100; step++) {
    const name = `c${below(random, 5)}`;
    if (below(random, 3) === 0) await server.ask(`DELETE ${CONFIG_MAPS}/${name}`);
    else await put(server, name);
  }
  const late = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${from}`);
  const expected = Array.from({ length: server.durable.revision - from }, (_, index) => from + 1 + index);
  assert.deepEqual(early.revisions, expected);
  assert.deepEqual(late.revisions, expected);
  assert.deepEqual(late.story, early.story);
});

test('Resumable: from any revision a watch brings exactly what came after it', async () => {
  await using server = await startTestServer();
  const from = server.durable.revision;
  for (const name of ['a', 'b', 'a', 'c']) await put(server, name);
  for (let revision = from; revision <= server.durable.revision; revision++) {
    const watch = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${revision}`);
    const expected = Array.from({ length: server.durable.revision - revision }, (_, index) => revision + 1 + index);
    assert.deepEqual(watch.revisions, expected);
  }
});

test('a watch from no revision begins with what there is', async () => {
  await using server = await startTestServer();
  await put(server, 'a');
  const watch = await server.watch(`${CONFIG_MAPS}?watch=1`);
  await put(server, 'b');
  await put(server, 'a');
  assert.deepEqual(watch.story, ['ADDED a', 'ADDED b', 'MODIFIED a']);
});

test('the line of an event is made once and shared by all watchers, and so is the object', async () => {
  await using server = await startTestServer();
  const first = await server.watch(`${CONFIG_MAPS}?watch=1`);
  const second = await server.watch(`${CONFIG_MAPS}?watch=1`);
  await put(server, 'a');
  assert.equal(first.events.length, 1);
  assert.equal(first.events[0], second.events[0]);
  assert.equal(first.events[0]?.line, `${JSON.stringify(first.events[0]?.event)}\n`);
  assert.ok(Object.isFrozen((first.events[0]!.event.object as KubeObject).metadata));
});

test('an object that enters or leaves the selection is added or deleted, with the state it had in it', async () => {
  await using server = await startTestServer();
  const watch = await server.watch(`${CONFIG_MAPS}?watch=1&labelSelector=in%3Dyes`);
  await put(server, 'a', { in: 'no' });
  await put(server, 'a', { in: 'yes' });
  await put(server, 'a', { in: 'yes', more: 'x' });
  await put(server, 'a', { in: 'no' });
  await server.ask(`DELETE ${CONFIG_MAPS}/a`);
  assert.deepEqual(watch.story, ['ADDED a', 'MODIFIED a', 'DELETED a']);
  const left = watch.events[2]?.event.object as KubeObject;
  assert.deepEqual(left.metadata.labels, { in: 'yes', more: 'x' });
  assert.equal(Number(left.metadata.resourceVersion), server.durable.revision - 1);
});

test('a watch of one namespace or one name sees nothing else', async () => {
  await using server = await startTestServer();
  const named = await server.watch(`${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Db`);
  const elsewhere = await server.watch('/api/v1/namespaces/kube-system/configmaps?watch=1');
  const everywhere = await server.watch('/api/v1/configmaps?watch=1');
  await put(server, 'a');
  await put(server, 'b');
  assert.deepEqual(named.story, ['ADDED b']);
  assert.deepEqual(elsewhere.story, []);
  assert.deepEqual(everywhere.story, ['ADDED a', 'ADDED b']);
});

test('Bookmarkable: an idle watcher learns within a second how far the store has come, and at least every 30 s', async () => {
  await using server = await startTestServer();
  const from = server.durable.revision;
  const watch = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${from}&allowWatchBookmarks=true`);
  const plain = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${from}`);
  await server.clock.advance(5_000);
  assert.deepEqual(watch.story, []);
  await server.ask('POST /api/v1/namespaces', { body: { metadata: { name: 'other-kind' } } });
  await server.clock.advance(1_000);
  assert.deepEqual(watch.story, ['BOOKMARK']);
  assert.deepEqual(watch.revisions, [server.durable.revision]);
  assert.equal((watch.events[0]!.event.object as KubeObject).kind, 'ConfigMap');
  await server.clock.advance(31_000);
  assert.deepEqual(watch.story, ['BOOKMARK', 'BOOKMARK']);
  assert.deepEqual(plain.story, []);
  await put(server, 'a');
  assert.deepEqual(watch.revisions.at(-1), server.durable.revision);
});

test('sendInitialEvents gives the present state and says where it ends', async () => {
  await using server = await startTestServer();
  await put(server, 'a');
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const watch = await server.watch(`${CONFIG_MAPS}?${query}`);
  await put(server, 'b');
  assert.deepEqual(watch.story, ['ADDED a', 'BOOKMARK', 'ADDED b']);
  const mark = watch.events[1]?.event.object as KubeObject;
  assert.equal(mark.metadata.annotations?.['k8s.io/initial-events-end'], 'true');
  const refused = await server.ask(`GET ${CONFIG_MAPS}?watch=1&sendInitialEvents=true`);
  assert.equal(refused.status, 422);
});

test('Compacted: a revision that is forgotten, or never was, is refused; one forgotten before the start ends the stream', async () => {
  await using server = await startTestServer();
  const from = server.durable.revision;
  await put(server, 'a');
  const response = await server.send(`GET ${CONFIG_MAPS}?watch=1&resourceVersion=${from}`);
  await server.durable.compact(server.durable.revision);
  const refused = await server.ask(`GET ${CONFIG_MAPS}?watch=1&resourceVersion=${from}`);
  assert.equal(refused.status, 410);
  assert.equal(refused.object.reason, 'Expired');
  assert.equal((await server.ask(`GET ${CONFIG_MAPS}?watch=1&resourceVersion=${from + 100}`)).status, 410);
  assert.ok(response.body.kind === 'watch');
  const events: unknown[] = [];
  let ends = 0;
  response.body.stream.start({
    onEvents: (batch) => events.push(...batch.map(({ event }) => event)) > 0,
    onEnd: () => ends++,
  });
  assert.equal(ends, 1);
  const [{ type, object }] = events as [{ type: string; object: { reason: string; code: number } }];
  assert.deepEqual([type, object.reason, object.code], ['ERROR', 'Expired', 410]);
});

test('a slow reader is ended and the others go on; so is one whose time is up or whose client went away', async () => {
  await using server = await startTestServer();
  const gone = new AbortController();
  const slow = await server.watch(`${CONFIG_MAPS}?watch=1`);
  const timed = await server.watch(`${CONFIG_MAPS}?watch=1&timeoutSeconds=5`);
  const aborted = await server.watch(`${CONFIG_MAPS}?watch=1`, { signal: gone.signal });
  const steady = await server.watch(`${CONFIG_MAPS}?watch=1`);
  slow.keepsUp = false;
  await put(server, 'a');
  assert.equal(slow.isEnded, true);
  gone.abort();
  assert.equal(aborted.isEnded, true);
  await server.clock.advance(5_000);
  assert.equal(timed.isEnded, true);
  await put(server, 'b');
  assert.deepEqual(steady.story, ['ADDED a', 'ADDED b']);
  assert.deepEqual(
    [slow, timed, aborted].map((watch) => watch.story),
    [['ADDED a'], ['ADDED a'], ['ADDED a']],
  );
});

test('nothing stays behind when the last watcher leaves, and closing the server ends every stream', async () => {
  await using server = await startTestServer();
  const watch = await server.watch(`${CONFIG_MAPS}?watch=1&allowWatchBookmarks=true`);
  watch.close();
  assert.equal(server.clock.pending, 0);
  const open = await server.watch(`${CONFIG_MAPS}?watch=1`);
  await server[Symbol.asyncDispose]();
  assert.equal(open.isEnded, true);
  assert.equal(server.clock.pending, 0);
  assert.equal((await server.ask(`GET ${CONFIG_MAPS}`)).status, 503);
});

test('a watch of tables sends one row an event, with the columns in the first only', async () => {
  await using server = await startTestServer();
  const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
  const watch = await server.watch(`${CONFIG_MAPS}?watch=1&includeObject=Object`, { headers });
  await put(server, 'a');
  await put(server, 'b');
  const tables = watch.events.map(
    ({ event }) =>
      event.object as { columnDefinitions: unknown[] | null; rows: { cells: unknown[]; object: KubeObject }[] },
  );
  assert.deepEqual(
    tables.map((table) => table.rows.map((row) => row.cells[0])),
    [['a'], ['b']],
  );
  assert.ok(tables[0]?.columnDefinitions);
  assert.equal(tables[1]?.columnDefinitions, null);
  assert.equal(tables[1]?.rows[0]?.object.kind, 'ConfigMap');
});

test('a reader that writes while it is handed events neither loses any nor lets another reader lose any', async () => {
  await using server = await startTestServer();
  const from = server.durable.revision;
  for (const name of ['a', 'b', 'c']) await put(server, name);
  const writer = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${from}`, {
    onFirst: () => void put(server, 'd'),
  });
  const other = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${from}`);
  const live = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${server.durable.revision}`, {
    onFirst: () => void put(server, 'f'),
  });
  const behind = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${server.durable.revision}`);
  await put(server, 'e');
  const all = Array.from({ length: server.durable.revision - from }, (_, index) => from + 1 + index);
  assert.equal(all.length, 6);
  assert.deepEqual(writer.revisions, all);
  assert.deepEqual(other.revisions, all);
  assert.deepEqual(live.revisions, all.slice(4));
  assert.deepEqual(behind.revisions, all.slice(4));
});

test('an idle kind goes on when the store forgets more than its watchers were told of', async () => {
  await using server = await startTestServer();
  const from = server.durable.revision;
  const watch = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${from}&allowWatchBookmarks=true`);
  await server.ask('POST /api/v1/namespaces', { body: { metadata: { name: 'other-kind' } } });
  await server.durable.compact(server.durable.revision);
  await server.clock.advance(1_000);
  assert.deepEqual(watch.revisions, [server.durable.revision]);
});

test('a revision as large as those of the memory store is one like any other', async () => {
  const revision = 1_767_225_600_000_137;
  await using server = await startTestServer({ durable: new MemoryStore({ revision }) });
  const watch = await server.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${server.durable.revision}`);
  await put(server, 'a');
  assert.deepEqual(watch.story, ['ADDED a']);
  assert.equal((await server.ask(`GET ${CONFIG_MAPS}?watch=1&resourceVersion=9999999999999999`)).status, 422);
});
