import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Probe } from '../../api/types/core.ts';
import { delay } from '../../base/clock.ts';
import { FakeClock } from '../../base/fakeclock.ts';
import { silentLog } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { FakeRuntime } from '../../runtime/fake/fakeruntime.ts';
import { ProbeError } from '../host.ts';
import type { ProbeKind } from './counter.ts';
import { Prober } from './prober.ts';

/** A prober over a network that answers as told; `looks` are the times of its requests, in milliseconds. */
function startProber(kind: ProbeKind, probe: Omit<Probe, 'httpGet'>) {
  const clock = new FakeClock(0);
  const env = { clock, random: seededRandom(1), log: silentLog };
  const world = { fails: false, takesMs: 0, looks: [] as number[], verdicts: [] as string[], failures: 0, clock };
  const network = {
    async httpGet() {
      world.looks.push(clock.now());
      if (world.takesMs > 0) await delay(clock, world.takesMs);
      if (world.fails) throw new ProbeError('no');
      return { status: 200, body: '' };
    },
    async tcpConnect() {},
  };
  const prober = new Prober({
    env,
    kind,
    probe: { ...probe, httpGet: { port: 80 } },
    network,
    runtime: new FakeRuntime({ env, program: () => ({}) }),
    target: { container: { name: 'main' }, containerId: 'id', podIP: '10.0.0.1' },
    onVerdict: (verdict) => world.verdicts.push(`${verdict} @${clock.now()}`),
    onFailure: () => world.failures++,
  });
  return Object.assign(world, { prober });
}

test('readiness is found soon after it is there, and early looks never count as failures', async () => {
  const world = startProber('readiness', { periodSeconds: 10, failureThreshold: 1 });
  world.fails = true;
  await world.clock.advance(500);
  assert.equal(world.failures, 0);
  assert.ok(world.looks.length > 5);
  world.fails = false;
  await world.clock.advance(500);
  assert.equal(world.verdicts.length, 1);
  assert.match(world.verdicts[0] ?? '', /^true/);
  world.prober.stop();
});

test('once ready it looks at its period, and turns after as many failures as asked', async () => {
  const world = startProber('readiness', { periodSeconds: 10, failureThreshold: 3 });
  await world.clock.advance(100);
  world.looks.length = 0;
  world.fails = true;
  await world.clock.advance(29_900);
  assert.deepEqual(world.looks, [10_000, 20_000, 30_000]);
  assert.deepEqual(world.verdicts, ['true @0', 'false @30000']);
  world.prober.stop();
});

test('several successes in a row are counted at the period of the probe, not early', async () => {
  const world = startProber('readiness', { periodSeconds: 5, successThreshold: 3 });
  await world.clock.advance(9_000);
  assert.deepEqual(world.verdicts, []);
  await world.clock.advance(11_000);
  assert.equal(world.verdicts.length, 1);
  world.prober.stop();
});

test('liveness first looks after a period, and condemns after failures in a row', async () => {
  const world = startProber('liveness', { periodSeconds: 10, failureThreshold: 2 });
  await world.clock.advance(9_999);
  assert.deepEqual(world.looks, []);
  world.fails = true;
  await world.clock.advance(10_001);
  assert.deepEqual(world.verdicts, ['false @20000']);
  world.prober.stop();
});

test('the initial delay is kept', async () => {
  const world = startProber('readiness', { initialDelaySeconds: 7 });
  await world.clock.advance(6_999);
  assert.deepEqual(world.looks, []);
  await world.clock.advance(1);
  assert.deepEqual(world.looks, [7_000]);
  world.prober.stop();
});

test('a look that takes longer than the period is not made up for', async () => {
  const world = startProber('liveness', { periodSeconds: 1, timeoutSeconds: 5 });
  world.takesMs = 3_500;
  await world.clock.advance(20_000);
  assert.ok(world.looks.length <= 6, `${world.looks}`);
  world.prober.stop();
});

test('after stop it neither looks nor speaks', async () => {
  const world = startProber('readiness', {});
  world.takesMs = 100;
  await world.clock.advance(10);
  world.prober.stop();
  await world.clock.advance(60_000);
  assert.equal(world.looks.length, 1);
  assert.deepEqual(world.verdicts, []);
  assert.equal(world.clock.pending, 0);
});
