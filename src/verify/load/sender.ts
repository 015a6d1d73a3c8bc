import type { Outcome } from './outcome.ts';

/**
 * Puts requests on the wire. Law:
 * - `send` begins at once and never waits for an earlier request. It never sends a request twice.
 * - `settle` is called exactly once for each `send`, never before `send` has returned.
 * - `close` drops every connection; requests still in flight are settled as lost.
 */
export interface Sender {
  send(settle: (outcome: Outcome) => void): InFlight;
  close(): void;
}

/** A request on its way. */
export interface InFlight {
  /** Gives the request up as `timedOut`. Does nothing when it is settled. */
  timeOut(): void;
}
