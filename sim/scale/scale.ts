import { splitRandom } from '../random.ts';
import { LargeCluster } from './largecluster.ts';
import type { Messages } from './meter.ts';
import { PODS_OF_A_SERVICE, type Size } from './population.ts';

export interface ScaleOptions extends Size {
  readonly seed: number;
  /** Pods released one after the other, and then how many of one Service at once. */
  readonly releases: number;
  readonly burst: number;
}

/** How many releases are measured when nothing is said. */
export const SCALE_DEFAULTS = { seed: 1, releases: 10, burst: 100 } as const;

/** What releases of one kind came to. */
export interface Measure {
  readonly what: string;
  readonly releases: number;
  /** Simulated milliseconds from the deletion to the node's leave to stop the pod. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Everything that went over the wire meanwhile, the leases of the consumers included. */
  readonly messages: Messages;
  readonly simulatedMs: number;
  readonly cpuMs: number;
}

export interface ScaleReport extends Size {
  readonly consumers: number;
  readonly slices: number;
  readonly startCpuMs: number;
  readonly measures: readonly Measure[];
  /** Most memory that the process ever had, in bytes. */
  readonly rssMaxBytes: number;
  readonly heapUsedBytes: number;
}

/** Runs a cluster of this size through releases and measures them. `say` is told how far it is. */
export async function measureScale(options: ScaleOptions, say: (text: string) => void): Promise<ScaleReport> {
  const startedAt = process.cpuUsage();
  const cluster = await LargeCluster.start(options, say);
  const startCpuMs = cpuMsSince(startedAt);
  const { singles, burst } = choose(options);
  const measures = [await measure(cluster, { what: 'one pod after the other', batches: singles.map((one) => [one]) })];
  say(`${singles.length} pods were released one after the other`);
  measures.push(await measure(cluster, { what: 'pods of one Service at once', batches: [burst] }));
  return {
    nodes: options.nodes,
    pods: options.pods,
    ...(await cluster.counts()),
    startCpuMs,
    measures,
    rssMaxBytes: process.resourceUsage().maxRSS * 1024,
    heapUsedBytes: process.memoryUsage().heapUsed,
  };
}

/** Which pods go: some from all over the cluster, and then those of one Service that are still there. */
function choose({ seed, pods, releases, burst }: ScaleOptions): { singles: number[]; burst: number[] } {
  const random = splitRandom(seed, 'releases');
  const drawn = Array.from({ length: releases }, () => Math.floor(random.next() * pods));
  const singles = [...new Set(drawn)];
  const from = Math.floor((random.next() * pods) / PODS_OF_A_SERVICE) * PODS_OF_A_SERVICE;
  const together = Array.from({ length: Math.min(burst, pods - from) }, (_, index) => from + index);
  return { singles, burst: together.filter((index) => !singles.includes(index)) };
}

async function measure(
  cluster: LargeCluster,
  { what, batches }: { what: string; batches: readonly (readonly number[])[] },
): Promise<Measure> {
  cluster.meter.take();
  const before = { cpu: process.cpuUsage(), now: cluster.time.now };
  const times: number[] = [];
  for (const batch of batches) times.push(...(await cluster.release(batch)));
  times.sort((a, b) => a - b);
  return {
    what,
    releases: times.length,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    messages: cluster.meter.take(),
    simulatedMs: cluster.time.now - before.now,
    cpuMs: cpuMsSince(before.cpu),
  };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
