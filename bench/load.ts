import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { childLoad } from '../src/verify/load/childload.ts';
import type { SummaryEvent } from '../src/verify/load/events.ts';
import type { Bench, Row } from './bench.ts';

const LOAD = fileURLToPath(new URL('../src/verify/load/main.ts', import.meta.url));
const RATES = [1000, 3000];
const SECONDS = 5;

const SERVER = `
const server = require('node:http').createServer((_, response) => response.end('ok'));
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => console.log(server.address().port));
`;

/** The load generator against a plain Node server on loopback, each a process: what it drives and how late it is itself. */
export const loadBench: Bench = {
  name: 'load',
  async run() {
    const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const port = await firstLine(server);
      const rows: Row[] = [];
      for (const rate of RATES) rows.push(...(await measure(`http://127.0.0.1:${port}/`, rate)));
      return rows;
    } finally {
      server.kill('SIGKILL');
    }
  },
};

async function measure(url: string, rate: number): Promise<Row[]> {
  const args = ['--control', '--target', url, '--rate', String(rate), '--duration', `${SECONDS}s`, '--warm-up', '1s'];
  const child = spawn(process.execPath, [LOAD, ...args], { stdio: 'pipe' });
  const load = childLoad(child);
  let summary: SummaryEvent | undefined;
  try {
    for await (const event of load.events) {
      if (event.event === 'ready') load.start();
      if (event.event === 'summary') summary = event;
    }
  } finally {
    await load.close();
  }
  if (!summary) throw new Error(`the load of ${rate}/s ended without a summary`);
  const name = `load: ${rate.toLocaleString('en-US')} new connections/s`;
  return [
    { what: `${name}, answered`, value: summary.answered / SECONDS, unit: '1/s', goal: { atLeast: rate * 0.99 } },
    { what: `${name}, sent late p99`, value: summary.lateMs.p99, unit: 'ms', goal: { atMost: 20 } },
    { what: `${name}, latency p99`, value: summary.latencyMs.p99, unit: 'ms' },
  ];
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the server has its standard output piped');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return line;
}
