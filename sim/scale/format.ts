import { MESSAGE_KINDS, type MessageKind } from './meter.ts';
import type { Measure, ScaleReport } from './scale.ts';

const NAMES: Readonly<Record<MessageKind, string>> = {
  watchEvents: 'watch events',
  bookmarks: 'bookmarks',
  acknowledgements: 'acknowledgements',
  otherWrites: 'other writes',
  reads: 'reads',
};

/** The report as lines for a terminal. */
export function formatScale(report: ScaleReport): string {
  const { nodes, pods, consumers, slices, startCpuMs, rssMaxBytes, heapUsedBytes } = report;
  return [
    `${count(nodes)} nodes, ${count(pods)} pods, ${count(consumers)} endpoint consumers, ${count(slices)} EndpointSlices`,
    `memory  ${gigabytes(rssMaxBytes)} at most, ${gigabytes(heapUsedBytes)} of objects at the end; start ${seconds(startCpuMs)} of CPU`,
    ...report.measures.map(formatMeasure),
    '',
  ].join('\n');
}

function formatMeasure(measure: Measure): string {
  const { what, releases, p50Ms, p99Ms, messages, simulatedMs, cpuMs } = measure;
  return [
    '',
    `${count(releases)} releases, ${what}`,
    `  simulated time  p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`,
    `  real CPU        ${seconds(cpuMs)} for ${seconds(simulatedMs)} of simulated time, ${(cpuMs / releases).toFixed(0)} ms a release`,
    ...MESSAGE_KINDS.map((kind) => {
      const { count: sent, bytes } = messages[kind];
      return `  ${NAMES[kind].padEnd(16)}${count(sent).padStart(11)}   ${megabytes(bytes).padStart(9)}`;
    }),
  ].join('\n');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
