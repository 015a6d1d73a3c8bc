import { type Random, seededRandom } from '../src/base/random.ts';

/**
 * A stream of chance of its own for `name`: the same seed and name give the same numbers whatever others draw, so that
 * adding a component does not shift what the others do.
 */
export function splitRandom(seed: number, name: string): Random {
  let hash = 0x811c9dc5 ^ (seed >>> 0);
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return seededRandom((hash ^ (hash >>> 13) ^ Math.floor(seed / 2 ** 32)) >>> 0);
}

/** A number in [from, to). */
export function between(random: Random, from: number, to: number): number {
  return from + random.next() * (to - from);
}

/** A whole number in [from, to]. */
export function wholeBetween(random: Random, from: number, to: number): number {
  return from + Math.floor(random.next() * (to - from + 1));
}

/** True in `share` of all cases, from 0 to 1. */
export function chance(random: Random, share: number): boolean {
  return random.next() < share;
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random.next() * from.length)] as T;
}

/** Exponentially distributed with the given mean: times between arrivals that know nothing of each other. */
export function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random.next()) * mean;
}
