import { functions } from './functions.ts';
import type { SourceFile } from './tree.ts';

export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 70;

/** What is over a limit, by `path` or `path#function`, with its lines. */
export type Oversize = Readonly<Record<string, number>>;

export interface Sizes {
  readonly oversize: Oversize;
  readonly medianFileLines: number;
  readonly medianFunctionLines: number;
}

/** Measures files and functions; a function that declares tests is a list and has no limit of its own. */
export function sizes(files: readonly SourceFile[]): Sizes {
  const oversize: Record<string, number> = {};
  const functionLines: number[] = [];
  for (const { path, text } of files) {
    if (countLines(text) > FILE_LINES_MAX) oversize[path] = countLines(text);
    for (const { name, length, declaresTests } of functions(text)) {
      if (declaresTests) continue;
      functionLines.push(length);
      const key = `${path}#${name}`;
      if (length > FUNCTION_LINES_MAX) oversize[key] = Math.max(length, oversize[key] ?? 0);
    }
  }
  return {
    oversize,
    medianFileLines: median(files.map(({ text }) => countLines(text))),
    medianFunctionLines: median(functionLines),
  };
}

/** How the present exceptions differ from the recorded ones: new or grown ones break the rule, shrunk ones are to be recorded. */
export function compareWithRatchet(present: Oversize, ratchet: Oversize): string[] {
  const grown = Object.entries(present).flatMap(([name, lines]) => {
    const allowed = ratchet[name] ?? (name.includes('#') ? FUNCTION_LINES_MAX : FILE_LINES_MAX);
    return lines > allowed ? [`${name} has ${lines} lines, need at most ${allowed}: split it`] : [];
  });
  const shrunk = Object.entries(ratchet).flatMap(([name, lines]) => {
    const now = present[name];
    if (now === undefined) return [`${name} is within the limit now: take it out of ratchet.json`];
    return now < lines ? [`${name} shrank to ${now} lines: write ${now} into ratchet.json`] : [];
  });
  return [...grown, ...shrunk];
}

function countLines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
