import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AssertionError } from '../base/assert.ts';
import { agreesWithModel, type ModelledStore } from './store.model.ts';
import { type Change, ClosedError, CompactedError, ConditionError, FutureRevisionError } from './store.ts';

/** An empty store of the engine under test, and what to do with it. */
export type StoreUnderTest = ModelledStore & AsyncDisposable;

export type OpenStore = () => Promise<StoreUnderTest>;

const SEEDS = [1, 2, 3, 4, 5, 6];

/** The law of `store.ts`, as tests of one engine. `open` gives a new, empty store each time. */
export function storeSuite(engine: string, open: OpenStore): void {
  describe(`store: ${engine}`, () => {
    writes(open);
    conditions(open);
    lists(open);
    watches(open);
    watchOrder(open);
    compaction(open);
    closing(open);
    for (const seed of SEEDS) {
      test(`a random run agrees with the naive model (seed ${seed})`, async () => {
        await using opened = await open();
        await agreesWithModel(opened, seed);
      });
    }
  });
}

function writes(open: OpenStore): void {
  test('an empty store is at revision 0', async () => {
    await using opened = await open();
    const { store } = opened;
    assert.equal(store.revision, 0);
    assert.equal(store.compactedRevision, 0);
    assert.deepEqual(store.list({ prefix: '' }), { entries: [], revision: 0, remaining: 0 });
  });

  test('each write increases the revision by one', async () => {
    await using opened = await open();
    const { store } = opened;
    assert.deepEqual(await store.put('/a', '1'), { key: '/a', value: '1', createRevision: 1, modRevision: 1 });
    assert.deepEqual(await store.put('/b', '2'), { key: '/b', value: '2', createRevision: 2, modRevision: 2 });
    assert.deepEqual(await store.put('/a', '3'), { key: '/a', value: '3', createRevision: 1, modRevision: 3 });
    assert.equal((await store.delete('/b')).revision, 4);
    assert.equal(store.revision, 4);
  });

  test('what was acknowledged is read, always as the same object', async () => {
    await using opened = await open();
    const { store } = opened;
    const entry = await store.put('/a', '1');
    assert.equal(store.get('/a'), entry);
    assert.equal(store.list({ prefix: '/' }).entries[0], entry);
    await store.put('/a', '2');
    assert.equal(store.list({ prefix: '/', revision: 1 }).entries[0], entry);
  });

  test('a delete returns the last state, and the key starts anew afterwards', async () => {
    await using opened = await open();
    const { store } = opened;
    const entry = await store.put('/a', '1');
    assert.deepEqual(await store.delete('/a'), { type: 'delete', revision: 2, key: '/a', entry, previous: entry });
    assert.equal(store.get('/a'), undefined);
    assert.equal((await store.put('/a', '2')).createRevision, 3);
  });

  test('half a surrogate pair, which no disk could keep, is not accepted', async () => {
    await using opened = await open();
    await assert.rejects(opened.store.put('/a', '\ud800'), AssertionError);
    await assert.rejects(opened.store.put('/\ud800', 'a'), AssertionError);
    assert.equal(opened.store.revision, 0);
  });

  test('any text is kept as it is', async () => {
    await using opened = await open();
    const values = ['', '\0', 'ünïcödé 🚀', "';--", 'x'.repeat(2_000_000)];
    for (const [n, value] of values.entries()) await opened.store.put(`/é\0🚀${n}`, value);
    const store = (await opened.reopen?.()) ?? opened.store;
    for (const [n, value] of values.entries()) assert.equal(store.get(`/é\0🚀${n}`)?.value, value);
  });
}

function conditions(open: OpenStore): void {
  test('a write whose condition does not hold is refused with the newest state', async () => {
    await using opened = await open();
    const { store } = opened;
    await refused(store.put('/a', '1', { modRevision: 1 }), undefined);
    await refused(store.delete('/a'), undefined);
    const entry = await store.put('/a', '1', { absent: true });
    await refused(store.put('/a', '2', { absent: true }), entry);
    await refused(store.put('/a', '2', { modRevision: 7 }), entry);
    await refused(store.delete('/a', { modRevision: 7 }), entry);
    await refused(store.delete('/a', { absent: true }), entry);
    assert.equal(store.revision, 1);
    assert.equal((await store.put('/a', '2', { modRevision: 1 })).modRevision, 2);
    assert.equal((await store.delete('/a', { modRevision: 2 })).revision, 3);
  });

  test('of many writes on the same revision exactly one is acknowledged, and the others can read it', async () => {
    await using opened = await open();
    const { store } = opened;
    const { modRevision } = await store.put('/a', 'start');
    const attempts = Array.from({ length: 20 }, async (_, n) => {
      try {
        return await store.put('/a', `${n}`, { modRevision });
      } catch (error) {
        assert(error instanceof ConditionError);
        assert.equal(store.get('/a'), error.current);
        return undefined;
      }
    });
    const acknowledged = (await Promise.all(attempts)).filter((entry) => entry !== undefined);
    assert.equal(acknowledged.length, 1);
    assert.equal(store.get('/a'), acknowledged[0]);
    assert.equal(store.revision, 2);
  });

  test('writes under way count: a put, a delete and a create begun together all hold', async () => {
    await using opened = await open();
    const { store } = opened;
    const created = store.put('/a', '1', { absent: true });
    const deleted = store.delete('/a', { modRevision: 1 });
    const again = store.put('/a', '2', { absent: true });
    const results = await Promise.all([created, deleted, again]);
    assert.deepEqual([results[0].modRevision, results[1].revision, results[2].modRevision], [1, 2, 3]);
    assert.equal(results[2].createRevision, 3);
  });
}

function lists(open: OpenStore): void {
  test('a list has the keys of its prefix in order, page by page', async () => {
    await using opened = await open();
    const { store } = opened;
    for (const key of ['/b/3', '/a/1', '/b/10', '/b', '/b/2', '/c/1', '/b0']) await store.put(key, key);
    assert.deepEqual(keys(store.list({ prefix: '/b/' }).entries), ['/b/10', '/b/2', '/b/3']);
    assert.equal(store.list({ prefix: '' }).entries.length, 7);
    const first = store.list({ prefix: '/b/', limit: 2 });
    assert.deepEqual([keys(first.entries), first.remaining], [['/b/10', '/b/2'], 1]);
    const second = store.list({ prefix: '/b/', limit: 2, after: '/b/2' });
    assert.deepEqual([keys(second.entries), second.remaining], [['/b/3'], 0]);
    assert.deepEqual(store.list({ prefix: '/a/', after: '/b' }).entries, []);
  });

  test('pages at one revision show the state of that revision, whatever is written meanwhile', async () => {
    await using opened = await open();
    const { store } = opened;
    for (let n = 10; n < 30; n++) await store.put(`/p/${n}`, 'old');
    const then = store.list({ prefix: '/p/' });
    const seen = [];
    for (let after = '', remaining = 1; remaining > 0; after = seen.at(-1)!.key) {
      const page = store.list({ prefix: '/p/', limit: 7, after, revision: then.revision });
      assert.equal(page.revision, then.revision);
      seen.push(...page.entries);
      remaining = page.remaining;
      assert.equal(seen.length + remaining, 20);
      if (remaining === 0) break;
      await store.put(`/p/${seen.length + 10}`, 'new');
      await store.delete(`/p/${seen.length + 11}`);
      await store.put(`/p/${seen.length + 11}x`, 'new');
    }
    assert.deepEqual(seen, then.entries);
  });

  test('a revision that does not exist yet cannot be listed', async () => {
    await using opened = await open();
    await opened.store.put('/a', '1');
    assert.throws(() => opened.store.list({ prefix: '', revision: 2 }), FutureRevisionError);
  });
}

function watches(open: OpenStore): void {
  test('a watch delivers first what happened, before it returns, then what comes', async () => {
    await using opened = await open();
    const { store } = opened;
    const first = await store.put('/a/1', '1');
    await store.put('/b/1', '1');
    const second = await store.put('/a/1', '2');
    const seen: Change[] = [];
    store.watch({ prefix: '/a/', fromRevision: 0, onChanges: (changes) => seen.push(...changes) });
    assert.deepEqual(seen, [
      { type: 'put', revision: 1, key: '/a/1', entry: first, previous: undefined },
      { type: 'put', revision: 3, key: '/a/1', entry: second, previous: first },
    ]);
    await store.put('/b/1', '2');
    const third = await store.put('/a/1', '3');
    const removal = await store.delete('/a/1');
    assert.deepEqual(seen.slice(2), [
      { type: 'put', revision: 5, key: '/a/1', entry: third, previous: second },
      removal,
    ]);
  });

  test('a watch sees a change only when it can be read', async () => {
    await using opened = await open();
    const { store } = opened;
    let checked = 0;
    const onChanges = (changes: readonly Change[]) => {
      for (const change of changes) {
        assert(store.revision >= change.revision);
        assert(store.get(change.key)!.modRevision >= change.revision);
        checked++;
      }
    };
    store.watch({ prefix: '', fromRevision: 0, onChanges });
    await Promise.all(Array.from({ length: 50 }, (_, n) => store.put(`/${n % 7}`, `${n}`)));
    assert.equal(checked, 50);
  });

  test('a watch from a revision that is still to come skips what is before it', async () => {
    await using opened = await open();
    const { store } = opened;
    const seen: number[] = [];
    store.watch({ prefix: '', fromRevision: 3, onChanges: (changes) => seen.push(...revisions(changes)) });
    await Promise.all(Array.from({ length: 5 }, (_, n) => store.put('/a', `${n}`)));
    assert.deepEqual(seen, [4, 5]);
  });

  test('a closed watch delivers nothing more', async () => {
    await using opened = await open();
    const { store } = opened;
    const seen: number[] = [];
    const onChanges = (changes: readonly Change[]) => seen.push(...revisions(changes));
    const watch = store.watch({ prefix: '', fromRevision: 0, onChanges });
    await store.put('/a', '1');
    watch.close();
    watch.close();
    await store.put('/a', '2');
    assert.deepEqual(seen, [1]);
  });
}

function watchOrder(open: OpenStore): void {
  test('listeners that write, watch and close while called disturb no order', async () => {
    await using opened = await open();
    const { store } = opened;
    const outer: number[] = [];
    const inner: number[] = [];
    const late: number[] = [];
    const written: Promise<unknown>[] = [];
    let watchedInside = false;
    const first = store.watch({
      prefix: '/a',
      fromRevision: 0,
      onChanges: () => {
        if (watchedInside) return;
        watchedInside = true;
        written.push(store.put('/a', 'from a listener'));
        store.watch({ prefix: '/', fromRevision: 0, onChanges: (seen) => inner.push(...revisions(seen)) });
        first.close();
      },
    });
    store.watch({ prefix: '/', fromRevision: 0, onChanges: (seen) => outer.push(...revisions(seen)) });
    await Promise.all([store.put('/a', '1'), store.put('/b', '1'), store.put('/a', '2')]);
    await Promise.all(written);
    store.watch({ prefix: '/', fromRevision: 2, onChanges: (seen) => late.push(...revisions(seen)) });
    assert.deepEqual(outer, [1, 2, 3, 4]);
    assert.deepEqual(inner, [1, 2, 3, 4]);
    assert.deepEqual(late, [3, 4]);
  });
}

function compaction(open: OpenStore): void {
  test('compaction forgets history below its revision and no newest value', async () => {
    await using opened = await open();
    const { store } = opened;
    for (const key of ['/a', '/b', '/a', '/b', '/a']) await store.put(key, 'x');
    await store.delete('/a');
    const newest = store.get('/b');
    await store.compact(4);
    assert.equal(store.compactedRevision, 4);
    assert.equal(store.revision, 6);
    assert.throws(() => store.list({ prefix: '', revision: 3 }), CompactedError);
    assert.throws(() => store.watch({ prefix: '', fromRevision: 3, onChanges: () => {} }), CompactedError);
    assert.deepEqual(
      store.list({ prefix: '', revision: 4 }).entries.map((entry) => entry.modRevision),
      [3, 4],
    );
    const seen: number[] = [];
    store.watch({ prefix: '', fromRevision: 4, onChanges: (changes) => seen.push(...revisions(changes)) });
    assert.deepEqual(seen, [5, 6]);
    assert.equal(store.get('/b'), newest);
  });

  test('compacting what is compacted does nothing, compacting the future is refused', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.put('/a', '1');
    await store.put('/a', '2');
    await store.compact(2);
    await store.compact(1);
    assert.equal(store.compactedRevision, 2);
    await assert.rejects(store.compact(3), FutureRevisionError);
    assert.equal(store.compactedRevision, 2);
  });
}

function closing(open: OpenStore): void {
  test('closing waits for writes under way, then refuses all others', async () => {
    await using opened = await open();
    const { store } = opened;
    const seen: number[] = [];
    store.watch({ prefix: '', fromRevision: 0, onChanges: (changes) => seen.push(...revisions(changes)) });
    const writes = Array.from({ length: 10 }, (_, n) => store.put(`/${n}`, 'x'));
    await store.close();
    await store.close();
    assert.deepEqual(
      (await Promise.all(writes)).map((entry) => entry.modRevision),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    assert.equal(seen.length, 10);
    await assert.rejects(store.put('/a', '1'), ClosedError);
    await assert.rejects(store.delete('/0'), ClosedError);
    await assert.rejects(store.compact(1), ClosedError);
    assert.throws(() => store.watch({ prefix: '', fromRevision: 0, onChanges: () => {} }), ClosedError);
  });
}

async function refused(write: Promise<unknown>, current: unknown): Promise<void> {
  await assert.rejects(write, (error) => error instanceof ConditionError && error.current === current);
}

function keys(entries: readonly { key: string }[]): string[] {
  return entries.map((entry) => entry.key);
}

function revisions(changes: readonly Change[]): number[] {
  return changes.map((change) => change.revision);
}
