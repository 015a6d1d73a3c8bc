/** Chance as an input: a seed in simulations and tests, the platform's generator in a real cluster. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A version 4 UUID, as Kubernetes uses for `metadata.uid`. */
  uuid(): string;
}

const SAFE_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** Letters and digits as Kubernetes' `generateName` draws them: none that form words or are mistaken for another. */
export function nameSuffix(random: Random, length = 5): string {
  let out = '';
  for (let i = 0; i < length; i++) out += SAFE_LETTERS[Math.floor(random.next() * SAFE_LETTERS.length)];
  return out;
}

/** A whole number in [0, bound). */
export function below(random: Random, bound: number): number {
  return Math.floor(random.next() * bound);
}

/** A generator from a seed (mulberry32): the same seed gives the same numbers for ever. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { next, uuid: () => uuidFrom(next) };
}

function uuidFrom(next: () => number): string {
  const hex = (count: number) => Array.from({ length: count }, () => Math.floor(next() * 16).toString(16)).join('');
  const variant = (8 + Math.floor(next() * 4)).toString(16);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
}
