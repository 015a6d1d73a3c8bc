import { connect, type Socket } from 'node:net';
import { assert } from '../../base/assert.ts';
import { kindOfError, type LossKind, type Outcome, type RequestPhase } from './outcome.ts';
import { BadAnswerError, ResponseReader } from './response.ts';
import type { Target } from './target.ts';

/** Every read is parsed before the next one happens, so that all connections can share one buffer. */
const READ_BUFFER = Buffer.allocUnsafe(65_536);

export interface ConnectionEvents {
  /** The answer is whole. `reusable` when the connection may carry another request. */
  onAnswered(connection: Connection, reusable: boolean): void;
  /** The connection is gone; called once. */
  onClosed(connection: Connection): void;
}

/** One TCP connection that carries one request at a time and says what became of each. */
export class Connection {
  readonly #target: Target;
  readonly #events: ConnectionEvents;
  readonly #socket: Socket;
  #phase: RequestPhase = 'connecting';
  #reader: ResponseReader | undefined;
  #settle: ((outcome: Outcome) => void) | undefined;
  #served = 0;
  #localPort: number | undefined;

  constructor(target: Target, events: ConnectionEvents) {
    this.#target = target;
    this.#events = events;
    this.#socket = connect({
      host: target.address,
      port: target.port,
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: (count) => this.#onRead(count) },
    });
    this.#socket.on('connect', () => this.#onConnect());
    this.#socket.on('end', () => this.#onEnd());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error.code ?? error.message));
    this.#socket.on('close', () => this.#onClose());
  }

  /** True while a request is unsettled. */
  get busy(): boolean {
    return this.#settle !== undefined;
  }

  send(settle: (outcome: Outcome) => void): void {
    assert(!this.busy, 'a connection carries one request at a time');
    this.#settle = settle;
    const bodiless = this.#target.method === 'HEAD';
    this.#reader = new ResponseReader({ bodiless, endpointHeader: this.#target.endpointHeader });
    if (!this.#socket.connecting) this.#write();
  }

  timeOut(): void {
    if (!this.busy) return;
    this.#lose('timedOut', undefined);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onConnect(): void {
    this.#localPort = this.#socket.localPort;
    if (this.busy) this.#write();
  }

  #write(): void {
    this.#phase = 'sent';
    this.#socket.write(this.#target.request);
  }

  #onRead(count: number): boolean {
    if (!this.#reader || !this.busy) {
      // Bytes that no request asked for: nothing that comes after them could be trusted.
      this.#socket.destroy();
      return false;
    }
    this.#phase = 'answering';
    try {
      this.#reader.push(READ_BUFFER.subarray(0, count));
    } catch (error) {
      if (!(error instanceof BadAnswerError)) throw error;
      this.#lose('badAnswer', undefined);
      return false;
    }
    if (this.#reader.whole) this.#answered(this.#reader);
    return true;
  }

  #onEnd(): void {
    if (!this.#reader || !this.busy) this.#socket.destroy();
    else if (this.#reader.end()) this.#answered(this.#reader);
    else this.#lose(this.#reader.begun ? 'cutShort' : 'reset', undefined);
  }

  #onError(errno: string): void {
    if (!this.busy) return;
    const kind = kindOfError(errno, this.#phase);
    if (kind === 'unsent') this.#finish({ result: 'unsent', errno });
    else this.#lose(kind, errno);
  }

  #onClose(): void {
    if (this.busy) this.#lose(this.#phase === 'answering' ? 'cutShort' : 'reset', undefined);
    this.#events.onClosed(this);
  }

  #answered(reader: ResponseReader): void {
    this.#phase = 'answered';
    if (reader.status >= 500) this.#finish(this.#lost('serverError', undefined));
    else this.#finish({ result: 'answered', status: reader.status, endpoint: reader.endpoint });
    this.#served++;
    this.#events.onAnswered(this, reader.keepAlive);
  }

  #lose(kind: LossKind, errno: string | undefined): void {
    this.#finish(this.#lost(kind, errno));
    this.#socket.destroy();
  }

  #lost(kind: LossKind, errno: string | undefined): Outcome {
    return {
      result: 'lost',
      kind,
      phase: this.#phase,
      errno,
      status: this.#reader?.status || undefined,
      endpoint: this.#reader?.endpoint,
      localPort: this.#localPort ?? this.#socket.localPort,
      reused: this.#served > 0,
    };
  }

  #finish(outcome: Outcome): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }
}
