import type { Spacing } from './arrivals.ts';
import type { LossKind, RequestPhase } from './outcome.ts';

/** What the load generator writes, one JSON object a line. All `…At` are milliseconds since the epoch. */
export type LoadEvent = ReadyEvent | SecondEvent | LossEvent | SummaryEvent;

/** The target has answered once; the load begins now, or at the control line `start`. */
export interface ReadyEvent {
  readonly event: 'ready';
  readonly at: number;
  readonly waitedMs: number;
  readonly url: string;
  readonly address: string;
}

/** What happened in one second of the load: counts of what was sent, and of what was settled, in it. */
export interface SecondEvent {
  readonly event: 'second';
  readonly at: number;
  /** 1 for the first. */
  readonly second: number;
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly inFlight: number;
  /** Of the answers in this second; absent when there were none. */
  readonly latencyMs?: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The most that a request of this second was sent after it was due. */
  readonly lateMsMax: number;
}

export interface LossEvent {
  readonly event: 'loss';
  /** Number of the request, from 1. */
  readonly request: number;
  readonly dueAt: number;
  readonly sentAt: number;
  readonly settledAt: number;
  readonly kind: LossKind;
  readonly phase: RequestPhase;
  readonly errno?: string;
  readonly status?: number;
  /** Who answered, or began to, when the answer said. */
  readonly endpoint?: string;
  readonly localPort?: number;
  readonly reused: boolean;
}

export interface SummaryEvent {
  readonly event: 'summary';
  readonly url: string;
  readonly rate: number;
  readonly spacing: Spacing;
  readonly connections: 'new' | 'keep-alive';
  readonly startedAt: number;
  readonly endedAt: number;
  /** True when it was told to stop before its time was over. */
  readonly stopped: boolean;
  /** Always answered + lost. */
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly lostBy: Readonly<Record<LossKind, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  /** From the moment a request was due to its last byte, of answered requests. */
  readonly latencyMs: Percentiles;
  /** From the moment a request was due to when the generator sent it. */
  readonly lateMs: Percentiles;
  /** Requests that the generator could not send for lack of files or ports of its own. */
  readonly unsent: number;
  /** False when the generator did not keep its rate: then the figures say nothing about the target. */
  readonly valid: boolean;
  readonly invalidBecause?: string;
  /** By name or address, when answers said who gave them. */
  readonly endpoints: Readonly<Record<string, EndpointCount>>;
}

export interface Percentiles {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface EndpointCount {
  readonly answered: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

const EVENTS: readonly string[] = ['ready', 'second', 'loss', 'summary'] satisfies LoadEvent['event'][];

/** Reads a line that the generator wrote. Throws `SyntaxError` for anything else. */
export function parseLoadEvent(line: string): LoadEvent {
  const value: unknown = JSON.parse(line);
  if (typeof value === 'object' && value !== null && 'event' in value && EVENTS.includes(String(value.event))) {
    return value as LoadEvent;
  }
  throw new SyntaxError(`Cannot read the load generator's line ${JSON.stringify(line.slice(0, 80))}: need an event`);
}
