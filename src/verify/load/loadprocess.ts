import type { LoadEvent } from './events.ts';

/**
 * A load generator that runs in a process of its own, begun with `--control`. Law:
 * - `events` gives every event in order, once, to one reader, and ends after the process has ended.
 * - `start` begins the load; before the event `ready` it is kept until then. `stop` ends it early, with its summary.
 * - `close` ends the process at once if it still runs, and resolves when it is gone.
 */
export interface LoadProcess {
  readonly events: AsyncIterable<LoadEvent>;
  start(): void;
  stop(): void;
  close(): Promise<void>;
}

/** The generator ended without a summary. The text has what it wrote to standard error. */
export class LoadFailedError extends Error {
  override readonly name = 'LoadFailedError';
}
