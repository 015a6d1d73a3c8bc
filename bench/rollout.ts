import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { podReleases, pods } from '../src/api/resources.ts';
import { isPodReady } from '../src/api/servicepods.ts';
import type { Report } from '../src/verify/report.ts';
import { deploymentManifest, serverContainer, serviceManifest } from '../test/support/manifests.ts';
import { SegueProcess } from '../test/support/segue.ts';
import { TestCluster } from '../test/support/testcluster.ts';
import type { Bench, Row } from './bench.ts';

const RATE = 1_000;
const SECONDS = 10;
const UPDATES = 2;
const REPLICAS = 4;
const IDLE_DELETIONS = 20;

/**
 * Two rolling updates of an app that closes its listener at SIGTERM and has no preStop hook, under load with a new
 * connection for each request: what is lost with the gate and without it, and how long the gate holds a pod.
 */
export const rolloutBench: Bench = {
  name: 'rollout',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'segue-bench-rollout-'));
    try {
      await writeFile(join(folder, 'service.json'), serviceManifest('web'));
      await writeFile(join(folder, 'web.json'), deploymentManifest('web', [serverContainer()], { replicas: REPLICAS }));
      const gated = await updates(folder, 'Observed');
      const ungated = await updates(folder, 'None');
      return [
        ...lossRows(gated, ungated),
        ...timeRows(
          'under load',
          gated.flatMap(({ pods }) => pods.flatMap(({ stoppedMs }) => stoppedMs ?? [])),
        ),
        ...timeRows('idle', await idleDeletions(), { median: 50, p99: 250 }),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function updates(folder: string, level: string): Promise<Report[]> {
  const reports: Report[] = [];
  const change = ['--change', 'rollout restart deploy/web', '--change-after', '1s'];
  const load = ['--rate', String(RATE), '--duration', `${SECONDS}s`, '--release', level, '--output', 'json'];
  for (let count = 0; count < UPDATES; count++) {
    await using segue = new SegueProcess(['verify', folder, ...change, ...load]);
    const { stdout, stderr } = await segue.ended;
    if (stdout === '') throw new Error(`verify gave no report: ${stderr}`);
    const report = JSON.parse(stdout) as Report;
    process.stderr.write(`  ${level}: ${report.verdict}: ${report.because}\n`);
    reports.push(report);
  }
  return reports;
}

function lossRows(gated: readonly Report[], ungated: readonly Report[]): Row[] {
  const lost = (reports: readonly Report[]) => reports.reduce((sum, { load }) => sum + load.lost, 0);
  const sent = gated.reduce((sum, { load }) => sum + load.sent, 0).toLocaleString('en-US');
  const name = `rollout: lost of ${sent} at ${RATE.toLocaleString('en-US')}/s, ${UPDATES} updates of ${REPLICAS} pods`;
  const reference = { value: lost(ungated), of: 'release None' };
  return [
    { what: name, value: lost(gated), unit: '', goal: { atMost: 0 }, reference },
    { what: `${name}, release None`, value: lost(ungated), unit: '', goal: { atLeast: 1 } },
  ];
}

/** Delete → SIGTERM of pods that are deleted one after the other while nothing else happens, in milliseconds. */
async function idleDeletions(): Promise<number[]> {
  await using cluster = await TestCluster.start();
  await cluster.ok('apply -f -', serviceManifest('web'));
  await cluster.ok('apply -f -', deploymentManifest('web', [serverContainer()], { replicas: REPLICAS }));
  const times: number[] = [];
  for (let count = 0; count < IDLE_DELETIONS; count++) {
    const name = await cluster.until(
      pods,
      (all) => {
        const ready = all.filter((pod) => isPodReady(pod) && !pod.metadata.deletionTimestamp);
        return all.length === REPLICAS && ready.length === REPLICAS ? ready[0]?.metadata.name : undefined;
      },
      'default',
    );
    await cluster.client.of(pods).delete(name, { namespace: 'default' });
    times.push(
      await cluster.until(
        podReleases,
        (all) => {
          const status = all.find(({ metadata }) => metadata.name === name)?.status;
          return status?.stoppedAt === undefined
            ? undefined
            : Date.parse(status.stoppedAt) - Date.parse(status.deletedAt);
        },
        'default',
      ),
    );
  }
  return times;
}

function timeRows(when: string, times: readonly number[], goals?: { median: number; p99: number }): Row[] {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return [
    {
      what: `rollout: delete → SIGTERM ${when}, median`,
      value: at(0.5),
      unit: 'ms',
      ...(goals && { goal: { atMost: goals.median } }),
    },
    {
      what: `rollout: delete → SIGTERM ${when}, p99`,
      value: at(0.99),
      unit: 'ms',
      ...(goals && { goal: { atMost: goals.p99 } }),
    },
  ];
}
