import type { Clock, Timer } from '../../base/clock.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import type { Outcome } from './outcome.ts';
import type { InFlight, Sender } from './sender.ts';

/** After a pause this many are caught up before answers are read again. */
const BATCH_MAX = 64;

export interface OpenLoopOptions {
  readonly clock: Clock;
  readonly sender: Sender;
  /** Milliseconds from the start at which requests are due, never decreasing. */
  readonly due: Iterator<number>;
  /** Requests due at this many milliseconds or later are not sent. */
  readonly durationMs: number;
  /** From the moment a request is due until it is given up. */
  readonly timeoutMs: number;
  readonly onSent: (request: SentRequest) => void;
  readonly onSettled: (request: SentRequest, outcome: Outcome) => void;
}

/** Times on `clock.monotonic()`. */
export interface SentRequest {
  readonly number: number;
  readonly dueAt: number;
  readonly sentAt: number;
}

interface Pending {
  readonly deadlineAt: number;
  inFlight: InFlight | undefined;
}

/**
 * Sends each request when it is due, whatever became of those before (open loop). Times count from when a request was
 * due, so that a slow target cannot hide by slowing the generator down (coordinated omission).
 */
export class OpenLoop {
  readonly #options: OpenLoopOptions;
  readonly #pending = new Set<Pending>();
  readonly #done: Deferred<void> = deferred();
  #startedAt = 0;
  #nextDue = 0;
  #number = 0;
  #ended = false;
  #timer: Timer | undefined;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  /** Resolves when the time is over, or `stop` was called, and every request sent is settled. */
  run(): Promise<void> {
    this.#startedAt = this.#options.clock.monotonic();
    this.#advance();
    this.#tick();
    return this.#done.promise;
  }

  /** Sends nothing more. */
  stop(): void {
    this.#ended = true;
    this.#wake();
  }

  #tick(): void {
    this.#sendDue();
    this.#giveUp();
    this.#wake();
  }

  #sendDue(): void {
    const { clock } = this.#options;
    for (let sent = 0; !this.#ended && sent < BATCH_MAX; sent++) {
      const now = clock.monotonic();
      const dueAt = this.#startedAt + this.#nextDue;
      if (dueAt > now) return;
      this.#send({ number: ++this.#number, dueAt, sentAt: now });
      this.#advance();
    }
  }

  #send(request: SentRequest): void {
    const pending: Pending = { deadlineAt: request.dueAt + this.#options.timeoutMs, inFlight: undefined };
    this.#pending.add(pending);
    this.#options.onSent(request);
    pending.inFlight = this.#options.sender.send((outcome) => {
      this.#pending.delete(pending);
      this.#options.onSettled(request, outcome);
      if (this.#ended && this.#pending.size === 0) this.#wake();
    });
  }

  #advance(): void {
    const next = this.#options.due.next();
    if (next.done || next.value >= this.#options.durationMs) this.#ended = true;
    else this.#nextDue = next.value;
  }

  /** Requests are pending in the order of their deadlines: one timeout for all. */
  #giveUp(): void {
    const now = this.#options.clock.monotonic();
    for (const pending of this.#pending) {
      if (pending.deadlineAt > now) return;
      pending.inFlight?.timeOut();
    }
  }

  #wake(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#ended && this.#pending.size === 0) {
      this.#done.resolve();
      return;
    }
    const [oldest] = this.#pending;
    const sendAt = this.#ended ? Number.POSITIVE_INFINITY : this.#startedAt + this.#nextDue;
    const at = Math.min(sendAt, oldest?.deadlineAt ?? Number.POSITIVE_INFINITY);
    this.#timer = this.#options.clock.timer(Math.max(0, at - this.#options.clock.monotonic()), () => this.#tick());
  }
}
