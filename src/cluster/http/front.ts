import type { Server, Socket } from 'node:net';
import type { Handle } from '../../api/request.ts';
import type { Clock } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import type { ExchangeOptions } from './exchange.ts';
import { Gatherer } from './gatherer.ts';

/** A listening server. */
export interface HttpFront {
  /** Stops listening, ends streams, lets requests under way finish for a moment, then closes every connection. */
  close(): Promise<void>;
}

/** How long requests under way may take when the front closes. */
const CLOSE_GRACE_MS = 2_000;

/** What the fronts share: the connections they hold, and how they end. */
export class Connections {
  readonly exchange: ExchangeOptions;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #underWay = new Set<AbortController>();
  #closed: Promise<void> | undefined;

  constructor(server: Server, options: { handle: Handle; env: Env }) {
    const { clock, log } = options.env;
    this.#clock = clock;
    this.#server = server;
    const gatherer = new Gatherer(clock);
    this.exchange = { handle: options.handle, log, gatherer, underWay: this.#underWay };
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** `closeIdle` closes connections without a request, now and each time one becomes idle. */
  close(closeIdle: () => void): Promise<void> {
    this.#closed ??= this.#close(closeIdle);
    return this.#closed;
  }

  async #close(closeIdle: () => void): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const request of this.#underWay) request.abort(new Error('the server is stopping'));
    closeIdle();
    const timer = this.#clock.timer(CLOSE_GRACE_MS, () => this.#destroyAll(), { background: true });
    await ended;
    timer.cancel();
    this.#destroyAll();
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
