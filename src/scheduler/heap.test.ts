import assert from 'node:assert/strict';
import { test } from 'node:test';
import { below, seededRandom } from '../base/random.ts';
import { Heap } from './heap.ts';

test('whatever goes in and out, the least comes out first', () => {
  const random = seededRandom(9);
  const heap = new Heap<number>((a, b) => a - b);
  let model: number[] = [];
  for (let step = 0; step < 5_000; step++) {
    if (random.next() < 0.55) {
      const value = below(random, 50);
      heap.push(value);
      model = [...model, value].sort((a, b) => a - b);
    } else {
      assert.equal(heap.pop(), model.shift());
    }
    assert.equal(heap.size, model.length);
    assert.equal(heap.peek(), model[0]);
  }
});
