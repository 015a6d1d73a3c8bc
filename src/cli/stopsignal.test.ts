import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { FakeClock } from '../base/fakeclock.ts';
import { stopSignal } from './stopsignal.ts';

function fakeProcess() {
  const exits: unknown[] = [];
  const emitter = new EventEmitter();
  const from = Object.assign(emitter, { exit: (code: unknown) => exits.push(code) }) as unknown as NodeJS.Process;
  return { exits, emitter, from };
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`${name} asks to stop, once`, async () => {
    const { exits, emitter, from } = fakeProcess();
    const stop = stopSignal({ from, clock: new FakeClock() });
    assert.equal(stop.signal.aborted, false);
    emitter.emit(name);
    await stop.promise;
    assert.equal(stop.signal.aborted, true);
    assert.deepEqual(exits, []);
  });
}

test('the same Ctrl-C by way of npm ends nothing at once, a second one does', async () => {
  const { exits, emitter, from } = fakeProcess();
  const clock = new FakeClock();
  stopSignal({ from, clock });
  emitter.emit('SIGINT');
  emitter.emit('SIGINT');
  await clock.advance(900);
  emitter.emit('SIGINT');
  assert.deepEqual(exits, []);
  await clock.advance(200);
  emitter.emit('SIGINT');
  assert.deepEqual(exits, [130]);
});

test('after its release no signal is listened for', () => {
  const { emitter, from } = fakeProcess();
  const stop = stopSignal({ from, clock: new FakeClock() });
  stop.release();
  assert.deepEqual(emitter.eventNames(), []);
});
