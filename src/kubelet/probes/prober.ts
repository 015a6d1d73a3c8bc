import type { Probe } from '../../api/types/core.ts';
import type { Timer } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import { ProbeError } from '../host.ts';
import { type CheckTarget, type CheckTools, check } from './check.ts';
import { ProbeCounter, type ProbeKind } from './counter.ts';

/** First waits between early looks, in milliseconds; each is half as long again, up to the probe's own period. */
const EARLY_MS = 15;

export interface ProberOptions extends CheckTools {
  readonly env: Env;
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly target: CheckTarget;
  /** Called when the verdict changes, and for startup and liveness when it fails for good. */
  readonly onVerdict: (verdict: boolean, why: string) => void;
  /** Called for every failed look that counts. */
  readonly onFailure: (why: string) => void;
}

/**
 * Runs one probe of one container until it is stopped.
 *
 * Until a readiness or startup probe first succeeds it also looks in between, soon at first and then ever less often:
 * a container is found ready within milliseconds of being so. Those early looks never count as failures.
 */
export class Prober {
  readonly #options: ProberOptions;
  readonly #counter: ProbeCounter;
  #timer: Timer | undefined;
  #earlyMs: number;
  #nextCounted: number;
  #stopped = false;

  constructor(options: ProberOptions) {
    const { kind, probe, env } = options;
    this.#options = options;
    this.#counter = new ProbeCounter(probe, kind === 'liveness');
    // Several successes are asked for to see that it lasts: those come at the probe's own period only.
    const early = kind !== 'liveness' && (probe.successThreshold ?? 1) === 1;
    this.#earlyMs = early ? EARLY_MS : Number.POSITIVE_INFINITY;
    const first = (probe.initialDelaySeconds ?? 0) * 1000;
    const delayMs = kind === 'liveness' ? Math.max(first, this.#periodMs) : first;
    this.#nextCounted = env.clock.monotonic() + Math.max(delayMs, kind === 'liveness' ? 0 : first + this.#periodMs);
    this.#schedule(delayMs);
  }

  get kind(): ProbeKind {
    return this.#options.kind;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  get #periodMs(): number {
    return (this.#options.probe.periodSeconds ?? 10) * 1000;
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#options.env.clock.timer(delayMs, () => void this.#look(), { background: true });
  }

  async #look(): Promise<void> {
    const { probe, target, env } = this.#options;
    const counted = env.clock.monotonic() >= this.#nextCounted;
    // Looks that fell due while a slow one was under way are left out, as by Kubernetes' ticker.
    if (counted) this.#nextCounted = Math.max(this.#nextCounted + this.#periodMs, env.clock.monotonic());
    const why = await failure(() =>
      check(probe, target, { ...this.#options, timeoutMs: (probe.timeoutSeconds ?? 1) * 1000 }),
    );
    if (this.#stopped) return;
    if (why === undefined || counted) this.#take(why);
    if (!this.#stopped) this.#next();
  }

  #take(why: string | undefined): void {
    const { kind, onVerdict, onFailure } = this.#options;
    const changed = this.#counter.take(why === undefined);
    if (this.#counter.verdict) this.#earlyMs = Number.POSITIVE_INFINITY;
    if (why !== undefined) onFailure(why);
    const condemned = why !== undefined && kind !== 'readiness' && this.#counter.failedForGood;
    if (changed || condemned) onVerdict(this.#counter.verdict, why ?? '');
  }

  #next(): void {
    const untilCounted = Math.max(0, this.#nextCounted - this.#options.env.clock.monotonic());
    const delayMs = Math.min(this.#earlyMs, untilCounted);
    this.#earlyMs *= 1.5;
    this.#schedule(delayMs);
  }
}

async function failure(look: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await look();
    return undefined;
  } catch (error) {
    if (error instanceof ProbeError) return error.message;
    throw error;
  }
}
