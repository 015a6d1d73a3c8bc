import assert from 'node:assert/strict';
import { test } from 'node:test';
import { below, seededRandom } from '../base/random.ts';
import { type ReleaseEvent, type ReleaseState, releaseStep } from './release.ts';

const EVENTS: ReleaseEvent[] = ['routersLetGo', 'quiet', 'settleTimeout', 'capReached', 'notRequired'];

test('Released is final and acts no more', () => {
  for (const event of EVENTS) assert.deepEqual(releaseStep('Released', event), { next: 'Released', action: undefined });
});

test('the normal way leads over the routers and then the sockets', () => {
  const first = releaseStep('Waiting', 'routersLetGo');
  assert.deepEqual(first, { next: 'Settling', action: 'startSettling' });
  assert.deepEqual(releaseStep(first.next, 'quiet'), { next: 'Released', action: 'stop' });
});

test('quiet sockets do not release a pod that routers may still send to', () => {
  assert.deepEqual(releaseStep('Waiting', 'quiet'), { next: 'Waiting', action: undefined });
  assert.deepEqual(releaseStep('Waiting', 'settleTimeout'), { next: 'Waiting', action: undefined });
});

test('whatever happens, a pod is stopped exactly once, and a skipped wait shows in the action', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = seededRandom(seed);
    let state: ReleaseState = 'Waiting';
    let letGo = false;
    const stops: string[] = [];
    for (let step = 0; step < 12; step++) {
      const event = EVENTS[below(random, EVENTS.length)] as ReleaseEvent;
      if (event === 'routersLetGo') letGo = true;
      const { next, action } = releaseStep(state, event);
      if (action?.startsWith('stop')) stops.push(action);
      if (action === 'stop') assert.ok(letGo, `seed ${seed}: stopped before the routers let go`);
      state = next;
    }
    assert.ok(stops.length <= 1, `seed ${seed}: stopped ${stops.length} times`);
    assert.equal(state === 'Released', stops.length === 1, `seed ${seed}`);
  }
});
