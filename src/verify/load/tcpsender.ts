import type { Clock } from '../../base/clock.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import type { Outcome } from './outcome.ts';
import type { InFlight, Sender } from './sender.ts';
import type { Target } from './target.ts';

/** How long an answered connection may stay open after it was asked to close. */
const LINGER_MS = 1000;

/**
 * A new connection for each request. The server is left to close it (it was asked to), so that the wait after closing
 * (TIME_WAIT) does not use up this side's ports; one that does not close in a second is closed from here.
 */
export class NewConnectionSender implements Sender {
  readonly #target: Target;
  readonly #clock: Clock;
  readonly #open = new Set<Connection>();
  readonly #lingering = new Map<Connection, number>();
  readonly #events: ConnectionEvents = {
    onAnswered: (connection) => this.#lingering.set(connection, this.#clock.monotonic() + LINGER_MS),
    onClosed: (connection) => {
      this.#open.delete(connection);
      this.#lingering.delete(connection);
    },
  };

  constructor(target: Target, clock: Clock) {
    this.#target = target;
    this.#clock = clock;
  }

  send(settle: (outcome: Outcome) => void): InFlight {
    this.#sweep();
    const connection = new Connection(this.#target, this.#events);
    this.#open.add(connection);
    connection.send(settle);
    return connection;
  }

  close(): void {
    for (const connection of this.#open) connection.destroy();
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    for (const [connection, until] of this.#lingering) {
      if (until > now) return;
      this.#lingering.delete(connection);
      connection.destroy();
    }
  }
}

/** Keeps connections for later requests; takes the one used last, opens one when all are busy. Never retries. */
export class KeepAliveSender implements Sender {
  readonly #target: Target;
  readonly #open = new Set<Connection>();
  #idle: Connection[] = [];
  readonly #events: ConnectionEvents = {
    onAnswered: (connection, reusable) => {
      if (reusable) this.#idle.push(connection);
      else connection.destroy();
    },
    onClosed: (connection) => {
      this.#open.delete(connection);
      this.#idle = this.#idle.filter((other) => other !== connection);
    },
  };

  constructor(target: Target) {
    this.#target = target;
  }

  send(settle: (outcome: Outcome) => void): InFlight {
    const connection = this.#idle.pop() ?? this.#connect();
    // Not the connection itself: by the time someone gives this request up it may carry another one.
    let settled = false;
    connection.send((outcome) => {
      settled = true;
      settle(outcome);
    });
    return {
      timeOut: () => {
        if (!settled) connection.timeOut();
      },
    };
  }

  close(): void {
    for (const connection of this.#open) connection.destroy();
  }

  #connect(): Connection {
    const connection = new Connection(this.#target, this.#events);
    this.#open.add(connection);
    return connection;
  }
}
