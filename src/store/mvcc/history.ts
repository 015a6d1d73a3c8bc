import { assert } from '../../base/assert.ts';
import type { Change } from '../store.ts';

/** How many forgotten changes may stay at the head of the array before it is copied. */
const SLACK = 1024;

/** The changes after `compactedRevision`, one for each revision, found by index. */
export class History {
  #changes: (Change | undefined)[] = [];
  #head = 0;
  #compactedRevision: number;

  constructor(compactedRevision: number) {
    this.#compactedRevision = compactedRevision;
  }

  /** Changes after this revision are here. */
  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  /** The newest revision; `compactedRevision` when nothing is kept. */
  get revision(): number {
    return this.#compactedRevision + this.length;
  }

  get length(): number {
    return this.#changes.length - this.#head;
  }

  append(change: Change): void {
    assert(change.revision === this.revision + 1, 'revisions have no gaps');
    this.#changes.push(change);
  }

  /** Calls `visit` for each change after `revision`, oldest first. */
  forEachAfter(revision: number, visit: (change: Change) => void): void {
    assert(revision >= this.#compactedRevision, 'only kept history is visited');
    const start = this.#head + revision - this.#compactedRevision;
    for (let index = start; index < this.#changes.length; index++) visit(this.#changes[index]!);
  }

  /** Forgets the changes up to and including `revision`; returns them, oldest first. */
  dropThrough(revision: number): Change[] {
    assert(revision <= this.revision, 'only past history is forgotten');
    const count = Math.max(0, revision - this.#compactedRevision);
    const dropped = this.#changes.slice(this.#head, this.#head + count) as Change[];
    this.#changes.fill(undefined, this.#head, this.#head + count);
    this.#head += count;
    this.#compactedRevision += count;
    if (this.#head > SLACK && this.#head > this.length) {
      this.#changes = this.#changes.slice(this.#head);
      this.#head = 0;
    }
    return dropped;
  }
}
