import { build, type Histogram } from 'hdr-histogram-js';
import type { EndpointCount, Percentiles, SecondEvent, SummaryEvent } from './events.ts';
import { LOSS_KINDS, type LossKind, type Outcome } from './outcome.ts';

/** One settled request; times in milliseconds on the clock that never goes back. */
export interface Settled {
  readonly dueAt: number;
  readonly sentAt: number;
  readonly settledAt: number;
  readonly outcome: Outcome;
}

/** Later than this at the 99th percentile, a generator was not at the rate it claims. */
const LATE_P99_MS_MAX = 100;

type TallySummary = Pick<
  SummaryEvent,
  | 'sent'
  | 'answered'
  | 'lost'
  | 'lostBy'
  | 'statuses'
  | 'latencyMs'
  | 'lateMs'
  | 'unsent'
  | 'valid'
  | 'invalidBecause'
  | 'endpoints'
>;

/** Counts requests as they are settled. `epochOffset` turns its clock's milliseconds into milliseconds since the epoch. */
export class Tally {
  readonly #epochOffset: number;
  readonly #latency = microseconds();
  readonly #lateness = microseconds();
  readonly #second = new SecondTally();
  readonly #lostBy = Object.fromEntries(LOSS_KINDS.map((kind) => [kind, 0])) as Record<LossKind, number>;
  readonly #statuses = new Map<number, number>();
  readonly #endpoints = new Map<string, { answered: number; firstAt: number; lastAt: number }>();
  #answered = 0;
  #lost = 0;
  #unsent = 0;

  constructor(epochOffset: number) {
    this.#epochOffset = epochOffset;
  }

  sent(lateMs: number): void {
    this.#lateness.recordValue(toMicros(lateMs));
    this.#second.sent(lateMs);
  }

  settled(request: Settled): void {
    const { outcome } = request;
    if (outcome.result === 'unsent') {
      this.#unsent++;
      return;
    }
    if (outcome.result === 'lost') {
      this.#lost++;
      this.#lostBy[outcome.kind]++;
      this.#second.lost();
    } else {
      this.#answered++;
      const latencyMs = request.settledAt - request.dueAt;
      this.#latency.recordValue(toMicros(latencyMs));
      this.#second.answered(latencyMs);
      this.#countEndpoint(outcome.endpoint, request.settledAt + this.#epochOffset);
    }
    if (outcome.status !== undefined) this.#statuses.set(outcome.status, (this.#statuses.get(outcome.status) ?? 0) + 1);
  }

  get hasUntaken(): boolean {
    return this.#second.any;
  }

  /** The counts since the last call. */
  takeSecond(): Omit<SecondEvent, 'event' | 'at' | 'second' | 'inFlight'> {
    return this.#second.take();
  }

  summary(): TallySummary {
    const lateMs = percentiles(this.#lateness);
    const invalidBecause = this.#invalidBecause(lateMs);
    return {
      sent: this.#answered + this.#lost,
      answered: this.#answered,
      lost: this.#lost,
      lostBy: { ...this.#lostBy },
      statuses: Object.fromEntries([...this.#statuses].sort(([a], [b]) => a - b)),
      latencyMs: percentiles(this.#latency),
      lateMs,
      unsent: this.#unsent,
      valid: invalidBecause === undefined,
      ...(invalidBecause === undefined ? {} : { invalidBecause }),
      endpoints: Object.fromEntries(this.#endpoints) as Record<string, EndpointCount>,
    };
  }

  #invalidBecause(lateMs: Percentiles): string | undefined {
    if (this.#unsent > 0) return `${this.#unsent} requests could not be sent for lack of files or ports here`;
    if (lateMs.p99 <= LATE_P99_MS_MAX) return undefined;
    return `1 % of the requests were sent ${lateMs.p99.toFixed(0)} ms or more after they were due, need ${LATE_P99_MS_MAX}`;
  }

  #countEndpoint(endpoint: string | undefined, at: number): void {
    if (endpoint === undefined) return;
    const known = this.#endpoints.get(endpoint);
    if (!known) this.#endpoints.set(endpoint, { answered: 1, firstAt: at, lastAt: at });
    else {
      known.answered++;
      known.lastAt = at;
    }
  }
}

class SecondTally {
  readonly #latency = microseconds();
  #sent = 0;
  #answered = 0;
  #lost = 0;
  #lateMsMax = 0;

  sent(lateMs: number): void {
    this.#sent++;
    this.#lateMsMax = Math.max(this.#lateMsMax, lateMs);
  }

  answered(latencyMs: number): void {
    this.#answered++;
    this.#latency.recordValue(toMicros(latencyMs));
  }

  lost(): void {
    this.#lost++;
  }

  get any(): boolean {
    return this.#sent + this.#answered + this.#lost > 0;
  }

  take(): Omit<SecondEvent, 'event' | 'at' | 'second' | 'inFlight'> {
    const { p50, p99, max } = percentiles(this.#latency);
    const counts = {
      sent: this.#sent,
      answered: this.#answered,
      lost: this.#lost,
      lateMsMax: rounded(this.#lateMsMax),
    };
    const second = this.#answered > 0 ? { ...counts, latencyMs: { p50, p99, max } } : counts;
    this.#latency.reset();
    this.#sent = this.#answered = this.#lost = this.#lateMsMax = 0;
    return second;
  }
}

function microseconds(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: 2 ** 36, numberOfSignificantValueDigits: 3 });
}

function toMicros(ms: number): number {
  return Math.max(0, Math.round(ms * 1000));
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function percentiles(histogram: Histogram): Percentiles {
  if (histogram.totalCount === 0) return { mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1000;
  return {
    mean: rounded(histogram.mean / 1000),
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: histogram.maxValue / 1000,
  };
}
