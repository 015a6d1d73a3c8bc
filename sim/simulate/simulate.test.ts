import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLag } from './lag.ts';
import type { Setting } from './setting.ts';
import { type Simulation, type StrategyReport, simulate } from './simulate.ts';
import { drawSimulation } from './svg.ts';
import { formatSimulation } from './table.ts';

/** Ten pods that take 2 s to be ready and 20 s to stop: the example that every article on rollouts begins with. */
const CLASSIC: Setting = {
  nodes: 3,
  replicas: 10,
  surge: '25%',
  unavailable: '25%',
  readyMs: 2_000,
  stopMs: 20_000,
  app: 'finishes',
  lag: parseLag('500ms..2s'),
  perSecond: 100,
  graceMs: undefined,
  release: 'Observed',
  sleeps: [0, 5],
  seed: 1,
  seeds: 1,
};

function strategy({ strategies }: Simulation, name: string): StrategyReport {
  const found = strategies.find((one) => one.name === name);
  assert.ok(found, name);
  return found;
}

test('ten pods that are ready in 2 s and stop in 20 s are 10 running and 10 terminating when they are rolled out', async () => {
  const simulation = await simulate(CLASSIC);
  assert.deepEqual(
    simulation.strategies.map(({ name }) => name),
    ['no sleep', 'sleep 5 s', 'gate'],
  );
  for (const { name, whenRolledOut, series, peak } of simulation.strategies) {
    assert.deepEqual(whenRolledOut, { running: 10, terminating: 10 }, name);
    assert.equal(peak.terminating, 10, name);
    assert.ok(peak.running <= 13, `${name}: ${peak.running} running, above replicas and surge`);
    const ends = [series[0], series.at(-1)].map((point) => [point?.running, point?.terminating]);
    assert.deepEqual(
      ends,
      [
        [10, 0],
        [10, 0],
      ],
      name,
    );
  }
});

test('without a sleep requests are lost; a sleep above the lag and the gate lose none, and the gate takes less time', async () => {
  const simulation = await simulate(CLASSIC);
  const [none, sleep, gate] = ['no sleep', 'sleep 5 s', 'gate'].map((name) => strategy(simulation, name));
  assert.ok(none && sleep && gate);
  assert.ok(none.lost.mean > 20, `lost ${none.lost.mean}`);
  assert.equal(none.lost.seeds, 1);
  assert.equal(sleep.lost.most, 0);
  assert.equal(gate.lost.most, 0);
  assert.ok(gate.goneSeconds + 2 < sleep.goneSeconds, `${gate.goneSeconds} s and ${sleep.goneSeconds} s`);
  assert.ok(gate.surplusPodSeconds.terminating < sleep.surplusPodSeconds.terminating);
});

test('a sleep that is shorter than the routers are late loses requests all the same', async () => {
  const late = { ...CLASSIC, stopMs: 1_000, lag: parseLag('8s'), sleeps: [2, 12] };
  const simulation = await simulate(late);
  assert.ok(strategy(simulation, 'sleep 2 s').lost.mean > 0);
  assert.equal(strategy(simulation, 'sleep 12 s').lost.most, 0);
  assert.equal(strategy(simulation, 'gate').lost.most, 0);
});

test('an application that closes every connection loses what it had accepted, unless it is drained first', async () => {
  const base = { ...CLASSIC, app: 'closes', stopMs: 1_000, perSecond: 2_000, sleeps: [], seeds: 3 } as const;
  const observed = strategy(await simulate({ ...base, release: 'Observed' }), 'gate');
  const drained = strategy(await simulate({ ...base, release: 'Drained' }), 'gate');
  assert.ok(observed.lost.mean > 0);
  assert.equal(drained.lost.most, 0);
});

test('an application that serves on after the signal for longer than routers are late loses nothing', async () => {
  const simulation = await simulate({ ...CLASSIC, app: 'serves', sleeps: [0] });
  assert.equal(strategy(simulation, 'no sleep').lost.most, 0);
});

test('the same setting gives the same table, drawing and numbers, byte for byte; another seed does not', async () => {
  const render = async (seed: number) => {
    const simulation = await simulate({ ...CLASSIC, replicas: 3, stopMs: 1_000, sleeps: [0], seed });
    return [JSON.stringify(simulation), formatSimulation(simulation), drawSimulation(simulation)];
  };
  const first = await render(7);
  assert.deepEqual(await render(7), first);
  assert.notEqual((await render(8))[0], first[0]);
});

test('the drawing has one panel a strategy with both lines, and every number in it is one', async () => {
  const svg = drawSimulation(await simulate({ ...CLASSIC, replicas: 2, stopMs: 500, sleeps: [0, 1] }));
  for (const name of ['no sleep', 'sleep 1 s', 'gate']) assert.ok(svg.includes(`>${name}</text>`), name);
  assert.equal(svg.match(/<path /g)?.length, 6);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});

const IMPOSSIBLE: Record<string, [Partial<Setting>, RegExp]> = {
  'neither surge nor unavailable': [{ surge: '0', unavailable: '0' }, /surge and unavailable are both 0/],
  'more pods than the nodes hold': [{ replicas: 400 }, /Cannot place 500 pods on 3 nodes.*need 5 nodes/],
  'no nodes': [{ nodes: 0 }, /Cannot simulate 0 nodes/],
  'no replicas': [{ replicas: 0 }, /Cannot roll out 0 replicas/],
  'no seeds': [{ seeds: 0 }, /Cannot average over 0 seeds/],
  'a surge that is no count': [{ surge: 'much' }, /Cannot read --surge much/],
  'a sleep of half a second': [{ sleeps: [0.5] }, /Cannot sleep 0.5 s/],
  'more load than can be told': [{ perSecond: 1e6 }, /Cannot send 1000000 requests/],
};

for (const [what, [change, message]] of Object.entries(IMPOSSIBLE)) {
  test(`${what}: refused before anything runs`, async () => {
    await assert.rejects(simulate({ ...CLASSIC, ...change }), { name: 'PlanError', message });
  });
}
