/**
 * Why a request counts as lost:
 * - `refused`: the connection was refused
 * - `unreachable`: no route, host or network down
 * - `reset`: closed or reset before a byte of the answer
 * - `cutShort`: closed or reset after the answer began and before it was whole
 * - `timedOut`: no whole answer in time, counted from the moment the request was due
 * - `serverError`: a whole answer with a status of 500 or above
 * - `badAnswer`: bytes that are not an HTTP/1.1 response
 */
export type LossKind = 'refused' | 'unreachable' | 'reset' | 'cutShort' | 'timedOut' | 'serverError' | 'badAnswer';

export const LOSS_KINDS: readonly LossKind[] = [
  'refused',
  'unreachable',
  'reset',
  'cutShort',
  'timedOut',
  'serverError',
  'badAnswer',
];

/** How far the request had come: not connected; sent, no byte of the answer; answer begun; answer whole. */
export type RequestPhase = 'connecting' | 'sent' | 'answering' | 'answered';

/** What became of one request. Exactly one outcome per request sent. */
export type Outcome = Answered | Lost | Unsent;

export interface Answered {
  readonly result: 'answered';
  readonly status: number;
  /** Who answered, when the answer said. */
  readonly endpoint: string | undefined;
}

export interface Lost {
  readonly result: 'lost';
  readonly kind: LossKind;
  readonly phase: RequestPhase;
  /** Error code of the system, e.g. ECONNRESET; absent when the peer closed in good order. */
  readonly errno: string | undefined;
  readonly status: number | undefined;
  readonly endpoint: string | undefined;
  readonly localPort: number | undefined;
  /** True when the request went over a connection that had carried an earlier one. */
  readonly reused: boolean;
}

/** The generator itself could not send it (out of files or local ports). Says nothing about the target. */
export interface Unsent {
  readonly result: 'unsent';
  readonly errno: string;
}

const UNREACHABLE: ReadonlySet<string> = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EACCES']);
const OWN_FAULT: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EADDRINUSE',
]);

/** What an error of the socket in `phase` means for the request: a kind of loss, or `unsent`. */
export function kindOfError(errno: string, phase: RequestPhase): LossKind | 'unsent' {
  if (OWN_FAULT.has(errno) && phase === 'connecting') return 'unsent';
  if (errno === 'ECONNREFUSED') return 'refused';
  if (UNREACHABLE.has(errno)) return 'unreachable';
  if (errno === 'ETIMEDOUT') return 'timedOut';
  return phase === 'answering' ? 'cutShort' : 'reset';
}
