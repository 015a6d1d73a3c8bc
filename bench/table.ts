import type { Row } from './bench.ts';

const HEADINGS = ['NAME', 'FIGURE', 'GOAL', 'REFERENCE', 'RATIO'];

/** Rows as lines of text: name, figure, goal and whether it was met, reference, figure ÷ reference. */
export function table(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** False when the row has a goal and misses it. */
export function meetsGoal(row: Row): boolean {
  if (!row.goal) return true;
  return 'atMost' in row.goal ? row.value <= row.goal.atMost : row.value >= row.goal.atLeast;
}

function cellsOf(row: Row): string[] {
  return [row.what, figure(row.value, row.unit), goalText(row), referenceText(row), ratioText(row)];
}

function goalText(row: Row): string {
  if (!row.goal) return '-';
  const bound =
    'atMost' in row.goal ? `≤ ${figure(row.goal.atMost, row.unit)}` : `≥ ${figure(row.goal.atLeast, row.unit)}`;
  return meetsGoal(row) ? `${bound} ok` : `${bound} MISSED`;
}

function referenceText(row: Row): string {
  return row.reference ? `${figure(row.reference.value, row.unit)} (${row.reference.of})` : '-';
}

function ratioText(row: Row): string {
  return row.reference && row.reference.value !== 0 ? `${(row.value / row.reference.value).toPrecision(3)} ×` : '-';
}

function figure(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 1 ? 1 : 3;
  return `${value.toLocaleString('en-US', { maximumFractionDigits: digits })}${unit ? ` ${unit}` : ''}`;
}
