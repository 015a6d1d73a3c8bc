import { assert } from '../../base/assert.ts';
import { below, type Random } from '../../base/random.ts';

/**
 * Hands out whole numbers of a range, each to one owner at a time. Numbers that clients ask for by value tend to be low,
 * so those drawn by chance come from above `reservedLow` while there are any (KEP-3070, KEP-3668).
 */
export class Allocator {
  readonly #from: number;
  readonly #size: number;
  readonly #reservedLow: number;
  readonly #taken = new Set<number>();

  /** `from` and `to` belong to the range. */
  constructor(range: { from: number; to: number; reservedLow: number }) {
    assert(range.from <= range.to, 'a range of numbers to allocate is not empty');
    this.#from = range.from;
    this.#size = range.to - range.from + 1;
    this.#reservedLow = Math.min(range.reservedLow, this.#size);
  }

  contains(value: number): boolean {
    return value >= this.#from && value < this.#from + this.#size;
  }

  /** Takes `value`; false when it has an owner. */
  claim(value: number): boolean {
    assert(this.contains(value), 'only numbers of the range are claimed');
    if (this.#taken.has(value)) return false;
    this.#taken.add(value);
    return true;
  }

  /** Takes a free number, or undefined when there is none. */
  draw(random: Random): number | undefined {
    const high = this.#size - this.#reservedLow;
    return this.#firstFree(this.#reservedLow, high, random) ?? this.#firstFree(0, this.#reservedLow, random);
  }

  release(value: number): void {
    this.#taken.delete(value);
  }

  /** Takes the first free number at or, going round, after a random place among `count` numbers. */
  #firstFree(offset: number, count: number, random: Random): number | undefined {
    if (count === 0) return undefined;
    const start = below(random, count);
    for (let step = 0; step < count; step++) {
      const value = this.#from + offset + ((start + step) % count);
      if (this.claim(value)) return value;
    }
    return undefined;
  }
}

/** The low part of a range of `size` that is kept for requests by value: a sixteenth, at least 16 and at most 256. */
export function reservedLow(size: number): number {
  return Math.min(Math.max(16, Math.floor(size / 16)), 256, Math.floor(size / 2));
}
