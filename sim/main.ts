import { parseArgs } from 'node:util';
import { FAULT_KINDS, type FaultKind } from './faultkinds.ts';
import { MUTATIONS, type Mutation } from './mutations.ts';
import { checkPlan, PlanError, type WorldPlan } from './plan.ts';
import { formatFailure } from './report.ts';
import { type RunResult, run } from './run.ts';
import { formatScale } from './scale/format.ts';
import { parseSize, type Size } from './scale/population.ts';
import { measureScale, SCALE_DEFAULTS } from './scale/scale.ts';
import { SCENARIOS } from './scenarios/all.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { swarmPlan } from './swarm.ts';

const USAGE = `npm run sim -- [--seed N | --seeds COUNT [--from N] | --minutes N] [--scenario NAME] [--nodes N]
               [--faults a,b | --faults none] [--without MUTATION] [--trace] | --list
               | --scale NODESxPODS [--seed N]`;

/** What was asked for cannot be done: one line that says why. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface Asked {
  readonly seeds: Iterable<number>;
  readonly planOf: (seed: number) => WorldPlan;
  readonly scenario: Scenario | undefined;
  readonly mutation: Mutation | undefined;
  readonly trace: boolean;
  /** What a replay needs besides the seed. */
  readonly more: string;
}

async function main(): Promise<number> {
  try {
    const asked = ask();
    if (asked === 'list') return list();
    return 'pods' in asked ? await scale(asked) : await runAll(asked);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof PlanError)) throw error;
    console.error(error.message);
    return 1;
  }
}

function ask(): Asked | 'list' | (Size & { seed: number }) {
  const values = parsed();
  if (values.list) return 'list';
  if (values.scale !== undefined) {
    const seed = values.seed === undefined ? SCALE_DEFAULTS.seed : whole(values.seed, '--seed');
    return { ...parseSize(values.scale), seed };
  }
  const scenario = values.scenario === undefined ? undefined : known(SCENARIOS.get(values.scenario), values.scenario);
  const mutation = MUTATIONS.find(({ name }) => name === values.without);
  if (values.without !== undefined && !mutation)
    throw unknown(
      'mutation',
      values.without,
      MUTATIONS.map(({ name }) => name),
    );
  const faults = values.faults === undefined ? undefined : faultsNamed(values.faults);
  const nodes = values.nodes === undefined ? undefined : whole(values.nodes, '--nodes');
  const swarm = { ...(nodes === undefined ? {} : { nodes }), ...(faults ? { faults } : {}) };
  const planOf = (seed: number) =>
    scenario ? { ...scenario.plan, ...(nodes ? { nodes } : {}) } : swarmPlan(seed, swarm);
  checkPlan(planOf(1));
  const more = (['scenario', 'nodes', 'faults', 'without'] as const)
    .flatMap((name) => (values[name] === undefined ? [] : [` --${name} ${values[name]}`]))
    .join('');
  return { seeds: seedsOf(values), planOf, scenario, mutation, trace: values.trace ?? false, more };
}

function parsed() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    seed: text,
    seeds: text,
    from: text,
    minutes: text,
    scenario: text,
    nodes: text,
    faults: text,
    without: text,
    scale: text,
    trace: flag,
    list: flag,
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('\n')[0]}\n${USAGE}`);
  }
}

function seedsOf(values: { seed?: string; seeds?: string; from?: string; minutes?: string; scenario?: string }) {
  const from = values.from === undefined ? 1 : whole(values.from, '--from');
  if (values.seed !== undefined) return [whole(values.seed, '--seed')];
  if (values.minutes !== undefined) return seedsFor(whole(values.minutes, '--minutes') * 60_000, from);
  const count = values.seeds === undefined ? (values.scenario ? 1 : 100) : whole(values.seeds, '--seeds');
  return Array.from({ length: count }, (_, index) => from + index);
}

function* seedsFor(forMs: number, from: number): Iterable<number> {
  const end = performance.now() + forMs;
  for (let seed = from; performance.now() < end; seed++) yield seed;
}

function faultsNamed(text: string): FaultKind[] {
  if (text === 'none') return [];
  return text.split(',').map((name) => {
    const kind = FAULT_KINDS.find((one) => one === name);
    if (!kind) throw unknown('fault', name, FAULT_KINDS);
    return kind;
  });
}

function known(scenario: Scenario | undefined, name: string): Scenario {
  if (!scenario) throw unknown('scenario', name, [...SCENARIOS.keys()]);
  return scenario;
}

function unknown(what: string, name: string, names: readonly string[]): UsageError {
  return new UsageError(`Cannot simulate ${what} ${name}: unknown, need one of ${names.join(', ')}`);
}

function whole(text: string, option: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`Cannot read ${option} ${text}: need a whole number from 0 on`);
  return Number(text);
}

function list(): number {
  console.log('scenarios:');
  for (const { name, says } of SCENARIOS.values()) console.log(`  ${name.padEnd(26)} ${says}`);
  console.log(`faults:\n  ${FAULT_KINDS.join(', ')}`);
  console.log('mutations (--without):');
  for (const { name, without } of MUTATIONS) console.log(`  ${name.padEnd(26)} ${without}`);
  return 0;
}

async function scale(asked: Size & { seed: number }): Promise<number> {
  const report = await measureScale({ ...SCALE_DEFAULTS, ...asked }, (text) => console.error(text));
  console.log(formatScale(report));
  return 0;
}

async function runAll(asked: Asked): Promise<number> {
  const { seeds, planOf, scenario, mutation } = asked;
  const startedAt = performance.now();
  const total = { runs: 0, failed: 0, simulatedMs: 0, sent: 0, stops: 0 };
  for (const seed of seeds) {
    const ran = await run(seed, planOf(seed), mutation);
    const result: RunResult = { ...ran, findings: [...ran.findings, ...(scenario?.also?.(ran.world) ?? [])] };
    total.runs++;
    total.simulatedMs += result.simulatedMs;
    total.sent += result.world.traffic.sent;
    total.stops += result.world.stops.length;
    if (asked.trace) console.log(result.world.trace.text);
    if (result.findings.length === 0) continue;
    total.failed++;
    console.log(`${formatFailure(result, { arguments: `--seed ${seed}${asked.more}` })}\n`);
  }
  const tookMs = performance.now() - startedAt;
  const speed = Math.round(total.simulatedMs / tookMs);
  console.log(
    `${total.runs} seeds, ${total.failed} failed: ${Math.round(total.simulatedMs / 1000)} simulated seconds in ` +
      `${(tookMs / 1000).toFixed(1)} s (${speed} to 1), ${total.sent} requests, ${total.stops} pods stopped`,
  );
  return total.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
