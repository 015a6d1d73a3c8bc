import assert from 'node:assert/strict';
import { test } from 'node:test';
import { below, seededRandom } from '../../base/random.ts';
import { KeyOrder, keySuccessor, prefixEnd } from './keyorder.ts';

test('a random set of thousands of keys collects and counts any range like a sorted array', () => {
  const random = seededRandom(7);
  const order = new KeyOrder();
  const set = new Set<string>();
  for (let step = 0; step < 20_000; step++) {
    const key = `/${below(random, 6_000)}`;
    if (set.delete(key)) order.remove(key);
    else order.add([...set.add(key)].at(-1)!);
    if (step % 500 !== 0) continue;
    const sorted = [...set].sort();
    const [from, to] = [`/${below(random, 6_000)}`, `/${below(random, 6_000)}`];
    const inRange = sorted.filter((each) => each >= from && each < to);
    assert.deepEqual(order.collect(from, to, Number.POSITIVE_INFINITY), inRange);
    assert.deepEqual(order.collect(from, to, 9), inRange.slice(0, 9));
    assert.equal(order.count(from, to), inRange.length);
    assert.deepEqual(order.collect('', undefined, Number.POSITIVE_INFINITY), sorted);
    assert.equal(order.count(from, undefined), sorted.filter((each) => each >= from).length);
    assert.equal(order.size, sorted.length);
  }
});

test('keys that come in order, or in the opposite order, are kept in order', () => {
  for (const direction of [1, -1]) {
    const order = new KeyOrder();
    const keys = Array.from({ length: 3_000 }, (_, n) => `/${String(n).padStart(5, '0')}`);
    for (const key of direction === 1 ? keys : keys.toReversed()) order.add(key);
    assert.deepEqual(order.collect('', undefined, Number.POSITIVE_INFINITY), keys);
    for (const key of keys) order.remove(key);
    assert.equal(order.count('', undefined), 0);
  }
});

test('the end of a prefix and the successor of a key have nothing between', () => {
  assert.equal(prefixEnd('/a/'), '/a0');
  assert.equal(prefixEnd('a\uffff'), 'b');
  assert.equal(prefixEnd(''), undefined);
  assert.equal(prefixEnd('\uffff'), undefined);
  assert.equal(keySuccessor('a') > 'a', true);
  assert.equal(keySuccessor('a') < 'a\u0001', true);
});
