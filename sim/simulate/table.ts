import type { Simulation, StrategyReport } from './simulate.ts';

const HEADINGS = [
  'STRATEGY',
  'LOST',
  'MOST',
  'SEEDS THAT LOST',
  'ROLLED OUT',
  'LAST GONE',
  'WHEN ROLLED OUT',
  'PEAK PODS',
  'SURPLUS RUNNING',
  'SURPLUS TERMINATING',
];

/** The report for a terminal: one line a strategy. Everything but the peak and the most is a mean over the seeds. */
export function formatSimulation({ strategies, seeds }: Simulation): string {
  const rows = [HEADINGS, ...strategies.map((strategy) => cells(strategy, seeds.length))];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function cells(strategy: StrategyReport, seeds: number): string[] {
  const { name, lost, sent, rolledOutSeconds, goneSeconds, whenRolledOut, peak, surplusPodSeconds } = strategy;
  return [
    name,
    `${lost.mean.toFixed(1)} of ${sent.toFixed(0)}`,
    String(lost.most),
    `${lost.seeds} of ${seeds}`,
    `${rolledOutSeconds.toFixed(1)} s`,
    `${goneSeconds.toFixed(1)} s`,
    `${whenRolledOut.running} + ${whenRolledOut.terminating} going`,
    String(peak.together),
    `${surplusPodSeconds.running.toFixed(0)} pod-s`,
    `${surplusPodSeconds.terminating.toFixed(0)} pod-s`,
  ];
}
