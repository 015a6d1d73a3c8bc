import { loadavg } from 'node:os';
import type { Bench, Row } from './bench.ts';
import { loadBench } from './load.ts';
import { rolloutBench } from './rollout.ts';
import { scaleBench } from './scale.ts';
import { startupBench } from './startup.ts';
import { storeBench } from './store.ts';
import { meetsGoal, table } from './table.ts';

/** Every benchmark, in the order in which they run when none is named. */
const BENCHES: readonly Bench[] = [storeBench, loadBench, startupBench, rolloutBench, scaleBench];

/**
 * `node bench/main.ts [NAME…]`: runs the benchmarks named, or all, and prints one table. Exit code 1 when a goal was
 * missed, 2 for a name that there is none of.
 */
async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    const known = BENCHES.map(({ name }) => name).join(', ');
    process.stderr.write(`Cannot run ${unknown.join(', ')}: there is no such benchmark, need ${known}\n`);
    return 2;
  }
  const rows: Row[] = [];
  for (const bench of BENCHES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    process.stderr.write(`running ${bench.name} (load average ${loadavg()[0]?.toFixed(1)})\n`);
    rows.push(...(await bench.run()));
  }
  process.stdout.write(`${table(rows)}\n`);
  return rows.every(meetsGoal) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
