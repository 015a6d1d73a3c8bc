import type { SerializedEvent, WatchSink } from '../../api/request.ts';
import type { Flushable, Gatherer } from './gatherer.ts';

/** Where bytes go: the part of a response that a stream of events needs. */
export interface Outlet {
  /** `done` is called when the chunk was handed to the kernel, or never when the connection breaks. */
  write(chunk: Buffer, done: () => void): void;
  end(): void;
}

/**
 * How much may wait for a slow reader. A batch is taken while less than this waits, however large the batch is: the first
 * state of a large cluster comes at once.
 */
export const WAITING_BYTES_MAX = 16 * 1024 * 1024;

/** Writes the lines of a watch: at once while the server writes little, gathered for some milliseconds when it writes much. */
export class WatchWriter implements WatchSink, Flushable {
  readonly #outlet: Outlet;
  readonly #gatherer: Gatherer;
  #lines: string[] = [];
  #lineChars = 0;
  /** Bytes handed to the outlet and not yet to the kernel. */
  #inFlight = 0;
  #isEnded = false;

  constructor(outlet: Outlet, gatherer: Gatherer) {
    this.#outlet = outlet;
    this.#gatherer = gatherer;
  }

  onEvents(events: readonly SerializedEvent[]): boolean {
    if (this.#isEnded || this.#inFlight + this.#lineChars >= WAITING_BYTES_MAX) return false;
    for (const { line } of events) {
      this.#lines.push(line);
      this.#lineChars += line.length;
    }
    if (this.#gatherer.takesOneMore()) this.flush();
    else this.#gatherer.add(this);
    return true;
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    const chunk = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#lineChars = 0;
    this.#inFlight += chunk.byteLength;
    this.#outlet.write(chunk, () => {
      this.#inFlight -= chunk.byteLength;
    });
  }

  onEnd(): void {
    if (this.#isEnded) return;
    this.flush();
    this.#isEnded = true;
    this.#gatherer.delete(this);
    this.#outlet.end();
  }
}
