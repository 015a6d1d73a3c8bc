import { appendFile, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';

/** Longer lines are split into parts, as other container runtimes do. */
const PART_BYTES_MAX = 16 * 1024;
const NEWLINE = 0x0a;

const append = promisify(appendFile);

export type StreamName = 'stdout' | 'stderr';

/**
 * Writes a container's log in the CRI's format: `<RFC3339Nano> <stream> <F|P> <text>`, where P marks a part whose line
 * goes on. Nothing is dropped when the disk is slow: `backlog` says how much waits, so that the reader can hold back.
 */
export class LogWriter {
  readonly #fd: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #open: Record<StreamName, Buffer[]> = { stdout: [], stderr: [] };
  #waiting: Buffer[] = [];
  #backlog = 0;
  #writing: Promise<void> | undefined;

  /** Opens `path` for appending, making its directory. */
  constructor(path: string, options: { clock: Clock; log: Log }) {
    mkdirSync(dirname(path), { recursive: true });
    this.#fd = openSync(path, 'a', 0o640);
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Bytes taken but not yet written. */
  get backlog(): number {
    return this.#backlog;
  }

  /** Takes what a stream said; whole lines go out, the rest waits for its end. */
  take(stream: StreamName, chunk: Buffer): void {
    const prefix = `${this.#timestamp()} ${stream} `;
    let from = 0;
    while (from < chunk.length) {
      const room = PART_BYTES_MAX - lengthOf(this.#open[stream]);
      const newline = chunk.subarray(from, from + room + 1).indexOf(NEWLINE);
      if (newline < 0 && chunk.length - from <= room) break;
      const end = newline < 0 ? from + room : from + newline;
      this.#emit(stream, `${prefix}${newline < 0 ? 'P' : 'F'} `, chunk.subarray(from, end));
      from = newline < 0 ? end : end + 1;
    }
    if (from < chunk.length) this.#open[stream].push(chunk.subarray(from));
    this.#startWriting();
  }

  /** Resolves when what was taken so far is in the file. */
  async flushed(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  /** Writes the line that never ended, as a part, and closes the file. */
  async close(): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#open[stream].length > 0) this.#emit(stream, `${this.#timestamp()} ${stream} P `, Buffer.alloc(0));
    }
    this.#startWriting();
    await this.flushed();
    closeSync(this.#fd);
  }

  #emit(stream: StreamName, prefix: string, text: Buffer): void {
    const line = [Buffer.from(prefix), ...this.#open[stream], text, Buffer.from('\n')];
    this.#open[stream] = [];
    this.#waiting.push(...line);
    this.#backlog += lengthOf(line);
  }

  #startWriting(): void {
    if (this.#waiting.length > 0) this.#writing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = Buffer.concat(this.#waiting);
      this.#waiting = [];
      try {
        await append(this.#fd, batch);
      } catch (error) {
        // A full disk must not stop the container: the loss is said where the operator looks.
        this.#log.error('container log lines lost', { bytes: batch.length, error });
      }
      this.#backlog -= batch.length;
    }
    this.#writing = undefined;
  }

  #timestamp(): string {
    return `${new Date(this.#clock.now()).toISOString().slice(0, 23)}000000Z`;
  }
}

function lengthOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}
