import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Indexer } from './indexer.ts';

type Thing = { metadata: { namespace: string }; tags: string[] };

const thing = (namespace: string, ...tags: string[]): Thing => ({ metadata: { namespace }, tags });

function makeIndexer(): Indexer<Thing> {
  return new Indexer<Thing>({ tag: (one: Thing) => one.tags });
}

test('objects are found by key, by namespace and by each value of an index', () => {
  const indexer = makeIndexer();
  const [a, b] = [thing('x', 'red', 'big'), thing('y', 'red')];
  indexer.set('x/a', a);
  indexer.set('y/b', b);
  assert.equal(indexer.get('x/a'), a);
  assert.deepEqual(indexer.list('y'), [b]);
  assert.deepEqual(indexer.list(), [a, b]);
  assert.deepEqual([indexer.byIndex('tag', 'red'), indexer.byIndex('tag', 'big')], [[a, b], [a]]);
});

test('what an object no longer says it is not found by, and a removed one by nothing', () => {
  const indexer = makeIndexer();
  indexer.set('x/a', thing('x', 'red'));
  const after = thing('x', 'blue');
  indexer.set('x/a', after);
  assert.deepEqual([indexer.byIndex('tag', 'red'), indexer.byIndex('tag', 'blue')], [[], [after]]);
  indexer.delete('x/a');
  indexer.delete('x/a');
  assert.deepEqual([indexer.list(), indexer.list('x'), indexer.byIndex('tag', 'blue')], [[], [], []]);
});

test('an index that was not asked for is refused', () => {
  assert.throws(() => makeIndexer().byIndex('size', 'l'), /no such index, need one of namespace,tag/);
});

test('an index that is looked into late, and one that was looked into early, find the same', () => {
  const [early, late] = [makeIndexer(), makeIndexer()];
  early.byIndex('tag', 'red');
  for (const indexer of [early, late]) {
    indexer.set('x/a', thing('x', 'red'));
    indexer.set('y/b', thing('y', 'red', 'blue'));
    indexer.set('x/a', thing('x', 'blue'));
    indexer.delete('y/b');
    assert.equal(indexer.size, 1);
  }
  for (const tag of ['red', 'blue']) assert.deepEqual(late.byIndex('tag', tag), early.byIndex('tag', tag));
});
