import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Measure, ScaleReport } from '../sim/scale/scale.ts';
import type { Bench, Row } from './bench.ts';

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const SIZE = '5000x150000';
const HEAP_MAX_MB = 4_000;
const GIGABYTE = 1e9;

/** What a release costs with 5,000 nodes and 150,000 pods: simulated time, messages, real CPU time and memory. */
export const scaleBench: Bench = {
  name: 'scale',
  async run() {
    // In a process of its own, so that its memory is only what this cluster takes.
    const command = [`--max-old-space-size=${HEAP_MAX_MB}`, MAIN, 'simulate', '--scale', SIZE, '--output', 'json'];
    const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 1e7 });
    const report: ScaleReport = JSON.parse(stdout);
    return [
      { what: `scale ${SIZE}: memory at most`, value: report.rssMaxBytes / GIGABYTE, unit: 'GB', goal: { atMost: 4 } },
      ...report.measures.flatMap((measure) => rows(measure, report.consumers)),
    ];
  },
};

function rows({ what, releases, p50Ms, p99Ms, cpuMs, messages }: Measure, consumers: number): Row[] {
  const name = `scale ${SIZE}: ${what}`;
  const acknowledgements = messages.acknowledgements.count / consumers;
  return [
    { what: `${name}, delete → released, median`, value: p50Ms, unit: 'ms' },
    { what: `${name}, delete → released, p99`, value: p99Ms, unit: 'ms', goal: { atMost: 1_000 } },
    { what: `${name}, CPU for each`, value: cpuMs / releases, unit: 'ms' },
    { what: `${name}, acknowledgements of a router for each`, value: acknowledgements / releases, unit: '' },
  ];
}
