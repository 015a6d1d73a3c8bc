import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pods } from '../src/api/resources.ts';
import { isPodReady } from '../src/api/servicepods.ts';
import type { Pod } from '../src/api/types/core.ts';
import { Informer } from '../src/client/informer.ts';
import { connect } from '../src/cluster/connect.ts';
import { podManifest, shContainer } from '../test/support/manifests.ts';
import { processTree } from '../test/support/processes.ts';
import type { Bench, Row } from './bench.ts';
import { clusterProcess } from './clusterprocess.ts';

const STARTS = 5;
const SETTLE_MS = 5_000;
const IDLE_MS = 10_000;
const LOOK_MS = 2;
const TICKS_PER_SECOND = 100;
const KIB_PER_MB = 1_000_000 / 1024;

interface Start {
  readonly apiMs: number;
  readonly podMs: number;
}

/** How long `segue up` takes to an answering API and to a first ready pod, and what an idle cluster of one node costs. */
export const startupBench: Bench = {
  name: 'startup',
  async run() {
    const starts: Start[] = [];
    for (let count = 0; count < STARTS; count++) starts.push(await start());
    return [
      {
        what: 'startup: segue up → API answers, median',
        value: median(starts.map(({ apiMs }) => apiMs)),
        unit: 'ms',
        goal: { atMost: 1_000 },
      },
      {
        what: 'startup: segue up → first pod Ready, median',
        value: median(starts.map(({ podMs }) => podMs)),
        unit: 'ms',
        goal: { atMost: 2_000 },
      },
      ...(await idle()),
    ];
  },
};

async function start(): Promise<Start> {
  const port = await freePort();
  const startedAt = performance.now();
  await using cluster = await clusterProcess(port);
  while (!(await answers(port))) await delay(LOOK_MS);
  const apiMs = performance.now() - startedAt;
  const kubeconfig = join(cluster.state, 'kubeconfig');
  while (!existsSync(kubeconfig)) await delay(LOOK_MS);
  await firstPodReady(kubeconfig);
  return { apiMs, podMs: performance.now() - startedAt };
}

/** Creates a pod that starts at once and resolves when it is ready. */
async function firstPodReady(kubeconfig: string): Promise<void> {
  const { client, env, close } = await connect(kubeconfig);
  const informer = new Informer(client, pods, { env, namespace: 'default' });
  const ready = Promise.withResolvers<void>();
  informer.onChange(({ object }) => {
    if (object && isPodReady(object)) ready.resolve();
  });
  try {
    informer.start();
    const manifest = podManifest('first', [shContainer('trap "exit 0" TERM; sleep 600 & wait')]);
    await client
      .of(pods)
      .create({ ...(JSON.parse(manifest) as Pod), metadata: { name: 'first', namespace: 'default' } });
    await ready.promise;
  } finally {
    await informer.stop();
    await close();
  }
}

/** Memory and CPU of all processes of a cluster with one node and no pods. */
async function idle(): Promise<Row[]> {
  await using cluster = await clusterProcess(0);
  await cluster.process.says(/Stop it with Ctrl-C\./);
  await delay(SETTLE_MS);
  const before = cpuTicks(cluster.process.pid);
  await delay(IDLE_MS);
  const ticks = cpuTicks(cluster.process.pid) - before;
  const memory = processTree(cluster.process.pid).reduce((sum, { pid }) => sum + proportionalKib(pid), 0);
  const percent = (ticks / TICKS_PER_SECOND / (IDLE_MS / 1000)) * 100;
  return [
    {
      what: 'idle: memory of all processes (PSS), 1 node',
      value: memory / KIB_PER_MB,
      unit: 'MB',
      goal: { atMost: 250 },
    },
    { what: `idle: CPU over ${IDLE_MS / 1000} s, 1 node`, value: percent, unit: '% of a core', goal: { atMost: 1 } },
  ];
}

/** Proportional set size: pages that several processes share count once in their sum. */
function proportionalKib(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
}

function cpuTicks(root: number): number {
  return processTree(root).reduce((sum, { pid }) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}

/** Whether the API server says over HTTPS that it is ready. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(
      { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    sent.on('error', () => resolve(false));
    sent.end();
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
