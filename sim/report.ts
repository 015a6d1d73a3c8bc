import type { Finding } from './checkers/finding.ts';
import type { RunResult } from './run.ts';
import type { TraceEntry } from './trace.ts';

/** How much of the trace before and after a failure is told, in milliseconds, and how many lines at most. */
const BEFORE_MS = 3_000;
const AFTER_MS = 200;
const LINES_MAX = 40;
const COLUMN = 96;

/** How to see the same again: the arguments after `npm run sim --`. */
export interface Replay {
  readonly arguments: string;
}

/** One failure in words: seed, guarantee, the two time lines around it, and the command that replays it. */
export function formatFailure(result: RunResult, replay: Replay): string {
  const { seed, findings, world } = result;
  const first = findings[0];
  if (!first) return `seed ${seed} held every promise over ${(result.simulatedMs / 1000).toFixed(1)} simulated seconds`;
  const others = findings.length > 1 ? ` (and ${findings.length - 1} more: ${names(findings)})` : '';
  return [
    `seed ${seed} broke ${first.guarantee} at ${seconds(first.at)}: ${first.what}${others}`,
    ...table(around(world.trace.entries, first), first.at),
    `replay: npm run sim -- ${replay.arguments}`,
  ].join('\n');
}

function names(findings: readonly Finding[]): string {
  return [...new Set(findings.slice(1).map(({ guarantee }) => guarantee))].join(', ');
}

/** What was noted about those concerned shortly before and after, and every fault that had begun. */
function around(entries: readonly TraceEntry[], finding: Finding): TraceEntry[] {
  const { at, about } = finding;
  const near = entries.filter((entry) => entry.at >= at - BEFORE_MS && entry.at <= at + AFTER_MS);
  const concerned = near.filter((entry) => entry.about.some((name) => about.includes(name)));
  const chosen = about.length > 0 ? concerned : near;
  const faults = entries.filter(({ text, at: when }) => when <= at && /^(fault|user):/.test(text));
  return [...new Set([...faults.slice(-8), ...chosen.slice(-LINES_MAX)])].sort((a, b) => a.at - b.at);
}

function table(entries: readonly TraceEntry[], at: number): string[] {
  const head = `${''.padStart(12)}  ${'control plane'.padEnd(COLUMN)} | node`;
  const rows = entries.map((entry) => {
    const text = entry.text.length > COLUMN ? `${entry.text.slice(0, COLUMN - 1)}…` : entry.text;
    const when = `${(entry.at - at).toFixed(1)} ms`.padStart(12);
    return entry.line === 'control plane'
      ? `${when}  ${text.padEnd(COLUMN)} |`
      : `${when}  ${''.padEnd(COLUMN)} | ${entry.text}`;
  });
  return [head, ...rows];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}
