/**
 * The durable store: keys with opaque string values under one revision that every write increases by one.
 *
 * The law, checked by `store.suite.ts` on every engine:
 * - A write is acknowledged (its promise resolves) only when it survives `kill -9`. What was acknowledged is read by
 *   everyone who reads afterwards; what was not may be there after a crash or not, but never half.
 * - Revisions start at 1 for the first write and have no gaps; each is one change of one key.
 * - Conditions are checked against the newest state, writes under way included: of two conditional writes on the same
 *   revision exactly one is acknowledged. The other is refused only when what refused it can be read.
 * - `list` is a snapshot at one revision. A watch from revision r delivers every change after r exactly once, in the
 *   order of revisions, and only changes that are durable.
 * - After `compact(r)` a list at, or watch from, a revision below r fails with `CompactedError`; the newest value of
 *   each key is never lost.
 * Returned entries are shared and immutable; their identity is stable for one revision of one key.
 */
export interface Store {
  /** Revision of the newest durable write; 0 in an empty store. */
  readonly revision: number;
  /** Oldest revision that can still be listed or watched from. */
  readonly compactedRevision: number;
  /** Newest durable entry of `key`. */
  get(key: string): Entry | undefined;
  /** Entries with `prefix`, in key order. Throws `CompactedError` or `FutureRevisionError` for `revision`. */
  list(options: ListOptions): ListResult;
  /** Writes `value`; key and value are well-formed Unicode, i.e. have no lone surrogates. Rejects with `ConditionError` when `expect` does not hold. Returns the new entry. */
  put(key: string, value: string, expect?: Expectation): Promise<Entry>;
  /** Removes `key`. Rejects with `ConditionError` when `expect` does not hold or the key is absent. Returns the change. */
  delete(key: string, expect?: Expectation): Promise<Change>;
  /**
   * Calls `onChanges` with durable changes below `prefix` after `fromRevision`, batches in revision order, first those
   * that already happened (before this call returns), then as they come. Throws `CompactedError`. Stops on `close()`.
   */
  watch(options: {
    prefix: string;
    fromRevision: number;
    onChanges: (changes: readonly Change[]) => void;
  }): WatchHandle;
  /**
   * Forgets history below `revision`; does nothing when that is already forgotten. Rejects with `FutureRevisionError`.
   */
  compact(revision: number): Promise<void>;
  /**
   * Waits for writes under way, then releases everything and ends all watches. Afterwards writes reject with, and
   * `watch` throws, `ClosedError`.
   */
  close(): Promise<void>;
}

export interface Entry {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
}

export interface Change {
  readonly type: 'put' | 'delete';
  readonly revision: number;
  readonly key: string;
  /** The state after a put; for a delete the last state before it. */
  readonly entry: Entry;
  /** The state before; absent when the key was created by this change. */
  readonly previous: Entry | undefined;
}

/** `absent`: the key must not exist. A number: its modRevision must be this. */
export type Expectation = { readonly absent: true } | { readonly modRevision: number };

export interface ListOptions {
  readonly prefix: string;
  /** At most this many entries. */
  readonly limit?: number;
  /** Only keys greater than this one: where the page before ended. */
  readonly after?: string;
  /** The state as of this revision; the newest when absent. */
  readonly revision?: number;
}

export interface ListResult {
  readonly entries: readonly Entry[];
  /** The revision of the snapshot. */
  readonly revision: number;
  /** How many more keys follow the last one returned. */
  readonly remaining: number;
}

export interface WatchHandle {
  close(): void;
}

/** A condition did not hold. `current` is the newest state, or undefined when the key is absent. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
  readonly current: Entry | undefined;
  constructor(key: string, current: Entry | undefined) {
    super(`Cannot write ${key}: ${current ? `at revision ${current.modRevision}` : 'absent'}, need the expected state`);
    this.current = current;
  }
}

/** The asked revision is older than what is kept. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  readonly compactedRevision: number;
  constructor(asked: number, compactedRevision: number) {
    super(`Cannot read revision ${asked}: compacted, need ${compactedRevision} or newer`);
    this.compactedRevision = compactedRevision;
  }
}

/** The asked revision does not exist yet. */
export class FutureRevisionError extends Error {
  override readonly name = 'FutureRevisionError';
  constructor(asked: number, revision: number) {
    super(`Cannot read revision ${asked}: the newest is ${revision}`);
  }
}

/** The store was closed. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError';
  constructor() {
    super('Cannot use the store: closed, need an open one');
  }
}
