import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../base/fakeclock.ts';
import { AwakeClock } from './awakeclock.ts';

/** A clock whose process can be stopped: time goes on, and what fell due fires only afterwards. */
class StoppableClock extends FakeClock {
  #stoppedMs = 0;

  override monotonic(): number {
    return super.monotonic() + this.#stoppedMs;
  }

  stopFor(ms: number): void {
    this.#stoppedMs += ms;
  }
}

test('time awake goes with the clock', async () => {
  const clock = new FakeClock();
  let ticks = 0;
  const awake = new AwakeClock(clock, { periodMs: 5_000, onTick: () => ticks++ });
  awake.start();
  await clock.advance(12_000);
  assert.equal(awake.now(), 12_000);
  assert.equal(ticks, 2);
  awake.stop();
  assert.equal(clock.pending, 0);
});

test('of a stop of the whole process only two periods count', async () => {
  const clock = new StoppableClock();
  const awake = new AwakeClock(clock, { periodMs: 5_000, onTick: () => {} });
  awake.start();
  await clock.advance(7_000);
  clock.stopFor(120_000);
  assert.equal(awake.now(), 15_000);
  await clock.advance(5_000);
  assert.equal(awake.now(), 20_000);
  awake.stop();
});
