import { assert } from '../base/assert.ts';

/**
 * How far a component has come: the resourceVersion up to which it has acted on everything it watches.
 *
 * It is computed from the two facts that any component knows: the revision its informer has reached, and the revisions
 * of the keys it has taken but not finished. Coalesced events and retries need no thought: a key counts as unfinished
 * from its first event until a run that began after its last event has succeeded.
 *
 *     value = (smallest unfinished revision) - 1, or the informer's revision when nothing is unfinished
 *
 * Invariants, each a test in `watermark.test.ts`:
 * 1. It never goes back.
 * 2. For any interleaving of events, work and retries, every change up to it has been acted on.
 * 3. When nothing is unfinished it equals the informer's revision.
 */
export class Watermark {
  #observed = 0;
  /** Unfinished work in the order of its revisions: events come in order, and a retry keeps its place. */
  readonly #unfinished = new Map<number, number>();
  readonly #keys = new Map<string, { waiting?: number; running?: number }>();
  readonly #listeners: ((value: number) => void)[] = [];
  #tickets = 0;
  #announced = 0;

  /** The watermark; 0 until something was observed. */
  get value(): number {
    const first = this.#unfinished.values().next();
    return first.done ? this.#observed : Math.min(this.#observed, first.value - 1);
  }

  /** Called with the new value each time it grew. */
  onGrowth(listener: (value: number) => void): this {
    this.#listeners.push(listener);
    return this;
  }

  /** The informer has handed over everything up to `revision`. */
  observed(revision: number): void {
    this.#observed = Math.max(this.#observed, revision);
    this.#announce();
  }

  /** A change of `key` at `revision` asks for work. Revisions come in order, except that they may repeat. */
  changed(key: string, revision: number): void {
    const work = this.#keys.get(key) ?? {};
    if (work.waiting !== undefined) return;
    work.waiting = this.#tickets++;
    this.#unfinished.set(work.waiting, revision);
    this.#keys.set(key, work);
  }

  /** Work on `key` begins, with a view that has every change reported so far. */
  began(key: string): void {
    const work = this.#keys.get(key);
    if (work?.waiting === undefined) return;
    assert(work.running === undefined, `work on ${key} begins once at a time`);
    work.running = work.waiting;
    delete work.waiting;
  }

  /** The work on `key` that began last has taken effect. */
  finished(key: string): void {
    const work = this.#keys.get(key);
    if (work?.running === undefined) return;
    this.#unfinished.delete(work.running);
    delete work.running;
    if (work.waiting === undefined) this.#keys.delete(key);
    this.#announce();
  }

  /** The work on `key` that began last failed; it will begin again. */
  failed(key: string): void {
    const work = this.#keys.get(key);
    if (work?.running === undefined) return;
    if (work.waiting !== undefined) this.#unfinished.delete(work.waiting);
    work.waiting = work.running;
    delete work.running;
  }

  #announce(): void {
    const { value } = this;
    if (value <= this.#announced) return;
    this.#announced = value;
    for (const listener of this.#listeners) listener(value);
  }
}
