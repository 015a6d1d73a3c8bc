import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import type { Batch, ChangeRow, Failure, Reply, Request } from './messages.ts';

/** The worker that this module is shipped with: TypeScript as it is, or compiled. */
const WORKER = new URL(`./worker${extname(import.meta.filename)}`, import.meta.url);

/** The database refused or the thread ended. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.reason);
    this.failure = failure;
  }
}

/**
 * The database as seen from the main thread. One call at a time; each rejects with `JournalError` when the database
 * fails, and for ever after when its thread has ended.
 */
export class Journal {
  /** The flags of the main thread are not for it: some, e.g. `--input-type`, would keep it from starting. */
  #worker = new Worker(WORKER, { name: 'store', execArgv: [] });
  #waiting: Deferred<Reply> | undefined;
  #exited = deferred<void>();
  #ended: JournalError | undefined;

  constructor() {
    this.#worker.on('message', (reply: Reply) => this.#take()?.resolve(reply));
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error.message : String(error)));
    this.#worker.on('exit', () => {
      this.#end('its thread has ended');
      this.#exited.resolve();
    });
  }

  /** Locks and opens the database in `folder`. */
  async open(folder: string): Promise<{ compactedRevision: number }> {
    const reply = await this.#request({ type: 'open', folder });
    assert(reply.type === 'opened', 'open is answered by opened');
    return reply;
  }

  /** The next rows in the order of revisions; none when all were read. */
  async read(rowsMax: number): Promise<readonly ChangeRow[]> {
    const reply = await this.#request({ type: 'read', rowsMax });
    assert(reply.type === 'rows', 'read is answered by rows');
    return reply.rows;
  }

  /** Resolves when all of `batch` is durable. */
  async write(batch: Batch): Promise<void> {
    await this.#request({ type: 'write', batch });
  }

  /** Closes and unlocks the database and ends the thread. */
  async close(): Promise<void> {
    try {
      if (!this.#ended) await this.#request({ type: 'close' });
    } finally {
      await this.#exited.promise;
    }
  }

  async #request(request: Request): Promise<Reply> {
    assert(!this.#waiting, 'the journal does one thing at a time');
    if (this.#ended) throw this.#ended;
    this.#waiting = deferred<Reply>();
    this.#worker.postMessage(request);
    const reply = await this.#waiting.promise;
    if (reply.type === 'failed') throw new JournalError(reply.failure);
    return reply;
  }

  #take(): Deferred<Reply> | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #end(reason: string): void {
    this.#ended ??= new JournalError({ kind: 'other', reason });
    this.#take()?.reject(this.#ended);
  }
}
