import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { below, seededRandom } from '../../src/base/random.ts';
import { openSqliteStore } from '../../src/store/sqlite/opensqlitestore.ts';
import type { Change, Store } from '../../src/store/store.ts';
import { hashOf } from './store-kill-value.ts';

const KILLS = 20;
/** More than one round writes, so that its history is whole; less than all rounds, so that compaction is killed too. */
const KEEP_REVISIONS = 5_000;
const ACKNOWLEDGED_MAX = 1_500;
const WRITER = join(import.meta.dirname, 'store-kill-writer.ts');

interface Acknowledged {
  readonly revision: number;
  readonly key: string;
  /** `-` for a delete. */
  readonly hash: string;
}

interface Seen {
  readonly revision: number;
  readonly compactedRevision: number;
  /** The hash of each key's value. */
  readonly state: ReadonlyMap<string, string>;
}

test('kill -9 loses nothing that was acknowledged, at any of 20 moments', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'segue-store-kill-'));
  const random = seededRandom(20);
  try {
    let seen: Seen = { revision: 0, compactedRevision: 0, state: new Map() };
    for (let kill = 0; kill < KILLS; kill++) {
      const acknowledged = await writeAndKill(folder, 1 + below(random, ACKNOWLEDGED_MAX));
      seen = await check(folder, seen, acknowledged);
    }
    assert(seen.compactedRevision > 0, 'the last rounds were killed while they also compacted');
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Opens what the kill left and compares it with what was seen before the round and acknowledged in it. */
async function check(folder: string, before: Seen, acknowledged: readonly Acknowledged[]): Promise<Seen> {
  const store = await openSqliteStore({ folder, keepRevisions: KEEP_REVISIONS });
  try {
    assert.deepEqual(hashes(store, before.revision), before.state, 'what the round before left is still there');
    const changes = changesSince(store, before.revision);
    checkHistory(changes, { after: before.revision, acknowledged });
    const state = replay(before.state, changes);
    assert.deepEqual(hashes(store), state, 'the newest state is what the history leads to');
    return { revision: store.revision, compactedRevision: store.compactedRevision, state };
  } finally {
    await store.close();
  }
}

/** Lets the writers run until `count` writes are acknowledged, kills them, and returns all that were. */
async function writeAndKill(folder: string, count: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [WRITER, folder, `${KEEP_REVISIONS}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: Acknowledged[] = [];
  const exited = once(child, 'exit');
  for await (const line of wholeLines(child)) {
    const [revision, key, hash] = line.split(' ');
    acknowledged.push({ revision: Number(revision), key: key!, hash: hash! });
    if (acknowledged.length === count) child.kill('SIGKILL');
  }
  const [, signal] = await exited;
  assert.equal(signal, 'SIGKILL', 'the writers ran until they were killed');
  return acknowledged;
}

/** The lines of its output; a last one that was cut by the kill is left out. */
async function* wholeLines(child: ChildProcess): AsyncGenerator<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    if (/^\d+ \S+ (-|[0-9a-f]{64})$/.test(line)) yield line;
  }
}

function changesSince(store: Store, fromRevision: number): Change[] {
  const changes: Change[] = [];
  const onChanges = (batch: readonly Change[]) => changes.push(...batch);
  store.watch({ prefix: '', fromRevision, onChanges }).close();
  return changes;
}

function checkHistory(changes: readonly Change[], expected: { after: number; acknowledged: readonly Acknowledged[] }) {
  const { after, acknowledged } = expected;
  changes.forEach((change, n) => {
    assert.equal(change.revision, after + n + 1, 'revisions have no gaps');
  });
  for (const { revision, key, hash } of acknowledged) {
    const change = changes[revision - after - 1];
    assert(change, `revision ${revision} was acknowledged`);
    assert.equal(change.key, key);
    assert.equal(change.type === 'delete' ? '-' : hashOf(change.entry.value), hash);
  }
}

function replay(state: ReadonlyMap<string, string>, changes: readonly Change[]): Map<string, string> {
  const next = new Map(state);
  for (const { type, key, entry } of changes) {
    const hash = hashOf(entry.value);
    assert(hash, `the value at revision ${entry.modRevision} is whole`);
    if (type === 'put') next.set(key, hash);
    else next.delete(key);
  }
  return next;
}

/** The hash of each value at `revision`, the newest when absent. */
function hashes(store: Store, revision = store.revision): Map<string, string> {
  const { entries } = store.list({ prefix: '', revision });
  return new Map(entries.map((entry) => [entry.key, hashOf(entry.value) ?? 'half a value']));
}
