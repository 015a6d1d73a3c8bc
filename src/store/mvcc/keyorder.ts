import { assert } from '../../base/assert.ts';

const CHUNK_KEYS_MAX = 512;

/**
 * A set of keys in order (by UTF-16 code unit, which for the ASCII keys of Kubernetes is byte order).
 *
 * Sorted chunks of at most 512 keys: an insertion moves at most one chunk, and counting a range adds up chunk lengths
 * instead of visiting keys. Bounds are half open: `from` included, `to` not; an absent `to` means "to the end".
 */
export class KeyOrder {
  #chunks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds `key`, which must not be in the set. */
  add(key: string): void {
    this.#size++;
    if (this.#chunks.length === 0) this.#chunks.push([]);
    const at = Math.min(this.#chunkOf(key), this.#chunks.length - 1);
    const chunk = this.#chunks[at]!;
    const index = lowerBound(chunk, key);
    assert(chunk[index] !== key, 'a key is added to the order once');
    chunk.splice(index, 0, key);
    if (chunk.length > CHUNK_KEYS_MAX) this.#split(at);
  }

  /** Removes `key`, which must be in the set. */
  remove(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    const index = chunk ? lowerBound(chunk, key) : 0;
    assert(chunk?.[index] === key, 'a key is removed from the order once');
    this.#size--;
    chunk.splice(index, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** How many keys lie in the range. */
  count(from: string, to: string | undefined): number {
    const end = to === undefined ? this.#size : this.#rank(to);
    return Math.max(0, end - this.#rank(from));
  }

  /** The first `limit` keys of the range, in order. */
  collect(from: string, to: string | undefined, limit: number): string[] {
    const found: string[] = [];
    for (let at = this.#chunkOf(from); at < this.#chunks.length && found.length < limit; at++) {
      const chunk = this.#chunks[at]!;
      const start = chunk[0]! >= from ? 0 : lowerBound(chunk, from);
      const whole = to === undefined || chunk.at(-1)! < to;
      const end = Math.min(whole ? chunk.length : lowerBound(chunk, to), start + limit - found.length);
      for (let index = start; index < end; index++) found.push(chunk[index]!);
      if (!whole) break;
    }
    return found;
  }

  /** Index of the first chunk whose last key is not below `key`; the number of chunks when there is none. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#chunks[middle]!.at(-1)! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #rank(key: string): number {
    const at = this.#chunkOf(key);
    let rank = 0;
    for (let index = 0; index < at; index++) rank += this.#chunks[index]!.length;
    const chunk = this.#chunks[at];
    return chunk ? rank + lowerBound(chunk, key) : rank;
  }

  /** Keys that only grow fill chunks from the left, so the last chunk is split off nearly full. */
  #split(at: number): void {
    const chunk = this.#chunks[at]!;
    const keep = at === this.#chunks.length - 1 ? CHUNK_KEYS_MAX - 1 : chunk.length >>> 1;
    this.#chunks.splice(at + 1, 0, chunk.splice(keep));
  }
}

/** The smallest string greater than every string with `prefix`; undefined when there is none. */
export function prefixEnd(prefix: string): string | undefined {
  for (let length = prefix.length; length > 0; length--) {
    const unit = prefix.charCodeAt(length - 1);
    if (unit < 0xffff) return prefix.slice(0, length - 1) + String.fromCharCode(unit + 1);
  }
  return undefined;
}

/** The smallest string greater than `key`. */
export function keySuccessor(key: string): string {
  return `${key}\0`;
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
