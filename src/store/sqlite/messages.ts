/** One row of the table `changes`. `value` is null for a delete. */
export interface ChangeRow {
  readonly revision: number;
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly value: string | null;
  readonly createRevision: number;
}

/** What becomes durable together: new rows, and the rows that compaction to `compactedRevision` makes superfluous. */
export interface Batch {
  readonly rows: readonly ChangeRow[];
  readonly removedRevisions: readonly number[];
  /** Absent when this batch compacts nothing. */
  readonly compactedRevision: number | undefined;
}

/** What the store asks its thread, one at a time; each is answered by one reply. */
export type Request =
  | { readonly type: 'open'; readonly folder: string }
  | { readonly type: 'read'; readonly rowsMax: number }
  | { readonly type: 'write'; readonly batch: Batch }
  | { readonly type: 'close' };

export type Reply =
  | { readonly type: 'opened'; readonly compactedRevision: number }
  /** The next rows by revision; none when all were read. */
  | { readonly type: 'rows'; readonly rows: readonly ChangeRow[] }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly failure: Failure };

/** Why the database could not do what was asked. Errors lose their class between threads, so this is plain data. */
export interface Failure {
  readonly kind: 'in use' | 'format' | 'corrupt' | 'other';
  readonly reason: string;
}
