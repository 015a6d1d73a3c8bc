import type { Kind } from '../../api/kind.ts';
import { type FieldValue, fieldOf } from '../selection.ts';
import type { ChangeEvents } from './changeevents.ts';

/** What a hub knows of those it serves. */
export interface HubMember {
  readonly allowsBookmarks: boolean;
  /** Set: the member wants changes only of objects whose field has, or had, this value. */
  readonly only: FieldValue | undefined;
  /** Changes in the order of revisions; those up to what the member has already seen may come again. */
  deliver(changes: readonly ChangeEvents[]): void;
  /** Called about once a second: everything up to `delivered` has been handed over. */
  tick(delivered: number): void;
  /** The server ends the stream. */
  end(): void;
}

/**
 * The watches of one kind, found by the field that they select: each kubelet watches what is on its own node, so with
 * thousands of nodes a change concerns a few of thousands of watches, and the others are not even asked.
 */
export class Members {
  readonly #kind: Kind;
  readonly #all = new Set<HubMember>();
  readonly #broad = new Set<HubMember>();
  /** By field, then by its value. */
  readonly #narrow = new Map<string, Map<string, Set<HubMember>>>();

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<HubMember> {
    return [...this.#all][Symbol.iterator]();
  }

  add(member: HubMember): void {
    this.#all.add(member);
    if (!member.only) {
      this.#broad.add(member);
      return;
    }
    const { field, value } = member.only;
    const values = this.#narrow.get(field) ?? new Map<string, Set<HubMember>>();
    this.#narrow.set(field, values.set(value, (values.get(value) ?? new Set()).add(member)));
  }

  delete(member: HubMember): void {
    this.#all.delete(member);
    this.#broad.delete(member);
    if (!member.only) return;
    const { field, value } = member.only;
    const values = this.#narrow.get(field);
    const group = values?.get(value);
    group?.delete(member);
    if (group?.size === 0) values?.delete(value);
    if (values?.size === 0) this.#narrow.delete(field);
  }

  /** Hands every member those of the changes that may concern it, in their order. */
  deliver(changes: readonly ChangeEvents[]): void {
    for (const member of [...this.#broad]) member.deliver(changes);
    for (const [field, values] of [...this.#narrow]) {
      for (const [value, concerned] of this.#byValue(field, changes)) {
        for (const member of [...(values.get(value) ?? [])]) member.deliver(concerned);
      }
    }
  }

  /** Changes by the values that the field has after, and had before, each of them. */
  #byValue(field: string, changes: readonly ChangeEvents[]): Map<string, ChangeEvents[]> {
    const found = new Map<string, ChangeEvents[]>();
    for (const change of changes) {
      const states = [change.current, change.previous].filter((state) => state !== undefined);
      for (const value of new Set(states.map((state) => fieldOf(this.#kind, field, state)))) {
        const concerned = found.get(value);
        if (concerned) concerned.push(change);
        else found.set(value, [change]);
      }
    }
    return found;
  }
}
