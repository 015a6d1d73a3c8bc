import type { Random } from '../../src/base/random.ts';
import { UsageError } from '../../src/verify/load/options.ts';
import { between } from '../random.ts';

/** How late routers are: a delay in milliseconds, drawn anew for each router and each change. */
export interface Lag {
  /** As it was written. */
  readonly text: string;
  /** No draw is longer, but for one in ten thousand. */
  readonly longestMs: number;
  draw(random: Random): number;
}

const TIME = String.raw`(\d+(?:\.\d+)?)(ms|s|m)`;
const ONE = new RegExp(`^${TIME}$`);
const RANGE = new RegExp(`^${TIME}\\.\\.${TIME}$`);
const NORMAL = new RegExp(`^normal\\(\\s*${TIME}\\s*,\\s*${TIME}\\s*\\)$`);
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };
/** Standard deviations that one draw in ten thousand exceeds. */
const RARE = 3.72;

/** Reads `100ms`, `50ms..2s` (evenly between) or `normal(1s,300ms)` (never below zero). Throws `UsageError`. */
export function parseLag(text: string): Lag {
  const [, once, onceUnit] = ONE.exec(text) ?? [];
  if (once !== undefined) {
    const ms = millis(once, onceUnit);
    return { text, longestMs: ms, draw: () => ms };
  }
  const [, from, fromUnit, to, toUnit] = RANGE.exec(text) ?? [];
  if (from !== undefined) {
    const [fromMs, toMs] = [millis(from, fromUnit), millis(to, toUnit)];
    if (fromMs > toMs) throw new UsageError(`Cannot read --lag ${text}: it ends before it begins, need FROM..TO`);
    return { text, longestMs: toMs, draw: (random) => between(random, fromMs, toMs) };
  }
  const [, mean, meanUnit, deviation, deviationUnit] = NORMAL.exec(text) ?? [];
  if (mean === undefined) {
    throw new UsageError(`Cannot read --lag ${text}: need a time such as 100ms, 50ms..2s or normal(1s,300ms)`);
  }
  const [meanMs, deviationMs] = [millis(mean, meanUnit), millis(deviation, deviationUnit)];
  const draw = (random: Random) => Math.max(0, meanMs + deviationMs * standardNormal(random));
  return { text, longestMs: meanMs + RARE * deviationMs, draw };
}

function millis(count: string | undefined, unit: string | undefined): number {
  return Number(count) * (UNIT_MS[unit ?? 'ms'] ?? 1);
}

/** Box and Muller's way from two even draws to one normal one. */
export function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
