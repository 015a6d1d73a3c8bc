import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import { arrivals, type Spacing } from './arrivals.ts';
import type { LoadEvent, LossEvent, SummaryEvent } from './events.ts';
import { OpenLoop, type SentRequest } from './openloop.ts';
import type { Lost, Outcome } from './outcome.ts';
import type { Sender } from './sender.ts';
import { Tally } from './tally.ts';
import type { Target } from './target.ts';

const READY_POLL_MS = 20;

export interface LoadPlan {
  readonly rate: number;
  readonly spacing: Spacing;
  readonly connections: 'new' | 'keep-alive';
  readonly durationMs: number;
  /** From the moment a request is due until it counts as timed out. */
  readonly timeoutMs: number;
  /** Load before the load that is counted, to warm connections and compilers up. */
  readonly warmUpMs: number;
  /** How long the target may take to answer for the first time. */
  readonly readyTimeoutMs: number;
}

export interface LoadWorld {
  readonly env: Env;
  readonly target: Target;
  readonly sender: Sender;
  readonly emit: (event: LoadEvent) => void;
  /** The load begins when this resolves, after the target is ready. */
  readonly started: Promise<void>;
  /** Aborted: send nothing more, wait for what is in flight, and sum up. */
  readonly stop: AbortSignal;
}

/** The target gave no answer in the time it was given to begin. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
}

/**
 * Waits until the target answers, drives the load and says what became of every request.
 * Throws `NotReadyError`. Leaves the sender open.
 */
export async function runLoad(plan: LoadPlan, world: LoadWorld): Promise<SummaryEvent> {
  await untilReady(plan, world);
  await Promise.race([world.started, aborted(world.stop)]);
  if (plan.warmUpMs > 0) await drive({ ...plan, durationMs: plan.warmUpMs }, world, new Measurement(world, false));
  const measurement = new Measurement(world, true);
  await drive(plan, world, measurement);
  const summary = measurement.summary(plan);
  world.emit(summary);
  return summary;
}

async function untilReady(plan: LoadPlan, world: LoadWorld): Promise<void> {
  const { clock } = world.env;
  const startedAt = clock.monotonic();
  for (let last = 'no answer'; !world.stop.aborted; ) {
    const waitedMs = clock.monotonic() - startedAt;
    if (waitedMs >= plan.readyTimeoutMs) {
      throw new NotReadyError(
        `Cannot begin the load: ${world.target.url} did not answer in ${plan.readyTimeoutMs} ms (${last}), need one answer below 500`,
      );
    }
    const outcome = await once(world, Math.min(plan.timeoutMs, plan.readyTimeoutMs - waitedMs));
    if (outcome.result === 'answered') {
      const { url, address } = world.target;
      world.emit({
        event: 'ready',
        at: clock.now(),
        waitedMs: Math.round(clock.monotonic() - startedAt),
        url,
        address,
      });
      return;
    }
    last = outcome.result === 'unsent' ? outcome.errno : (outcome.errno ?? outcome.kind);
    await delay(clock, READY_POLL_MS);
  }
}

function once(world: LoadWorld, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const inFlight = world.sender.send((outcome) => {
      timer.cancel();
      resolve(outcome);
    });
    const timer = world.env.clock.timer(timeoutMs, () => inFlight.timeOut());
  });
}

async function drive(plan: LoadPlan, world: LoadWorld, measurement: Measurement): Promise<void> {
  const { clock, random } = world.env;
  const loop = new OpenLoop({
    clock,
    sender: world.sender,
    due: arrivals({ rate: plan.rate, spacing: plan.spacing, random }),
    durationMs: plan.durationMs,
    timeoutMs: plan.timeoutMs,
    onSent: (request) => measurement.sent(request),
    onSettled: (request, outcome) => measurement.settled(request, outcome),
  });
  const onStop = () => loop.stop();
  world.stop.addEventListener('abort', onStop, { once: true });
  const seconds = everySecond(clock, () => measurement.second(loop.inFlight));
  try {
    if (world.stop.aborted) loop.stop();
    await loop.run();
    measurement.rest();
  } finally {
    seconds.cancel();
    world.stop.removeEventListener('abort', onStop);
  }
}

/** Calls `fire` at each full second from now. */
function everySecond(clock: Clock, fire: () => void): { cancel(): void } {
  const startedAt = clock.monotonic();
  let count = 0;
  const arm = () => clock.timer(startedAt + (count + 1) * 1000 - clock.monotonic(), next, { background: true });
  const next = () => {
    count++;
    fire();
    timer = arm();
  };
  let timer = arm();
  return { cancel: () => timer.cancel() };
}

/** Turns what the loop reports into a tally and, when it `counts`, into events. */
class Measurement {
  readonly #world: LoadWorld;
  readonly #counts: boolean;
  readonly #epochOffset: number;
  readonly #startedAt: number;
  readonly #tally: Tally;
  #seconds = 0;

  constructor(world: LoadWorld, counts: boolean) {
    const { clock } = world.env;
    this.#world = world;
    this.#counts = counts;
    this.#startedAt = clock.monotonic();
    this.#epochOffset = clock.now() - this.#startedAt;
    this.#tally = new Tally(this.#epochOffset);
  }

  sent(request: SentRequest): void {
    this.#tally.sent(request.sentAt - request.dueAt);
  }

  settled(request: SentRequest, outcome: Outcome): void {
    const settledAt = this.#world.env.clock.monotonic();
    this.#tally.settled({ ...request, settledAt, outcome });
    if (this.#counts && outcome.result === 'lost') this.#world.emit(this.#loss(request, outcome, settledAt));
  }

  second(inFlight: number): void {
    if (!this.#counts) return;
    const second = ++this.#seconds;
    this.#world.emit({ event: 'second', at: this.#epoch(), second, ...this.#tally.takeSecond(), inFlight });
  }

  /** What came after the last full second, so that the seconds add up to the summary. */
  rest(): void {
    if (this.#tally.hasUntaken) this.second(0);
  }

  summary(plan: LoadPlan): SummaryEvent {
    return {
      event: 'summary',
      url: this.#world.target.url,
      rate: plan.rate,
      spacing: plan.spacing,
      connections: plan.connections,
      startedAt: this.#epoch(this.#startedAt),
      endedAt: this.#epoch(),
      stopped: this.#world.stop.aborted,
      ...this.#tally.summary(),
    };
  }

  #loss(request: SentRequest, outcome: Lost, settledAt: number): LossEvent {
    const { kind, phase, errno, status, endpoint, localPort, reused } = outcome;
    return {
      event: 'loss',
      request: request.number,
      dueAt: this.#epoch(request.dueAt),
      sentAt: this.#epoch(request.sentAt),
      settledAt: this.#epoch(settledAt),
      kind,
      phase,
      ...(errno === undefined ? {} : { errno }),
      ...(status === undefined ? {} : { status }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(localPort === undefined ? {} : { localPort }),
      reused,
    };
  }

  #epoch(monotonic = this.#world.env.clock.monotonic()): number {
    return Math.round((monotonic + this.#epochOffset) * 1000) / 1000;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
