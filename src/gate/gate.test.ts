import assert from 'node:assert/strict';
import { test } from 'node:test';
import { below, seededRandom } from '../base/random.ts';
import { Gate, NO_PUBLISHER, type Participant } from './gate.ts';

const publisher = (observed: number, published: number): Participant => ({
  name: 'endpointslice-controller',
  role: 'Publisher',
  observed,
  published,
});
const consumer = (name: string, observed: number): Participant => ({ name, role: 'Consumer', observed, published: 0 });

test('a pod is not released before the publisher has acted on its deletion', () => {
  const gate = new Gate();
  gate.seen(publisher(9, 5));
  gate.seen(consumer('node-1.proxy', 100));
  const request = { deleted: 10, required: undefined };
  assert.deepEqual(gate.judge(request), { required: undefined, released: false });
  assert.deepEqual(gate.waitingFor(request), ['endpointslice-controller']);
});

test('a pod is released when every consumer has reached the latest slice write', () => {
  const gate = new Gate();
  gate.seen(publisher(10, 12));
  gate.seen(consumer('node-1.proxy', 12));
  gate.seen(consumer('node-2.proxy', 11));
  const request = { deleted: 10, required: 12 };
  assert.deepEqual(gate.judge({ deleted: 10, required: undefined }), { required: 12, released: false });
  assert.deepEqual(gate.waitingFor(request), ['node-2.proxy']);
  gate.seen(consumer('node-2.proxy', 12));
  assert.equal(gate.judge(request).released, true);
  assert.deepEqual(gate.waitingFor(request), []);
});

test('slice writes after the statement do not raise what a pod waits for', () => {
  const gate = new Gate();
  gate.seen(publisher(10, 12));
  gate.seen(consumer('node-1.proxy', 12));
  gate.seen(publisher(50, 60));
  assert.equal(gate.judge({ deleted: 10, required: 12 }).released, true);
});

test('without a publisher nothing is released, and the name says why', () => {
  const gate = new Gate();
  gate.seen(consumer('node-1.proxy', 100));
  const request = { deleted: 10, required: undefined };
  assert.equal(gate.judge(request).released, false);
  assert.deepEqual(gate.waitingFor(request), [NO_PUBLISHER]);
});

test('a consumer that is gone holds nobody up, and without consumers the statement alone releases', () => {
  const gate = new Gate();
  gate.seen(publisher(10, 12));
  gate.seen(consumer('node-1.proxy', 3));
  assert.equal(gate.judge({ deleted: 10, required: 12 }).released, false);
  gate.gone('node-1.proxy');
  assert.equal(gate.judge({ deleted: 10, required: 12 }).released, true);
});

test('a consumer that registers during a wait is waited for as well', () => {
  const gate = new Gate();
  gate.seen(publisher(10, 12));
  gate.seen(consumer('late.ingress', 0));
  assert.deepEqual(gate.waitingFor({ deleted: 10, required: 12 }), ['late.ingress']);
});

test('the minimum is that of all consumers after any sequence of statements', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const gate = new Gate();
    const model = new Map<string, number>();
    for (let step = 0; step < 100; step++) {
      const name = `c${below(random, 6)}`;
      if (below(random, 5) === 0) {
        gate.gone(name);
        model.delete(name);
      } else {
        const observed = below(random, 10);
        gate.seen(consumer(name, observed));
        model.set(name, observed);
      }
      assert.equal(gate.minimum, Math.min(...model.values()), `seed ${seed} step ${step}`);
    }
  }
});

test('of many that are late the first names in their order are told, whatever the order in which they came', () => {
  const random = seededRandom(3);
  const names = Array.from({ length: 500 }, () => `node-${below(random, 1_000_000)}.proxy`);
  const gate = new Gate();
  gate.seen(publisher(10, 12));
  for (const name of names) gate.seen(consumer(name, 11));
  const sorted = [...new Set(names)].sort();
  assert.deepEqual(gate.waitingFor({ deleted: 10, required: 12 }), sorted.slice(0, 16));
  assert.deepEqual(gate.waitingFor({ deleted: 10, required: 12 }, 3), sorted.slice(0, 3));
});
