import { closeSync, readSync } from 'node:fs';
import { Socket } from 'node:net';

const DRAIN_BYTES_MAX = 1 << 20;

/**
 * Reads the read end of a pipe without a thread. `drain` takes what is in the pipe at once: when the writers are gone
 * that is all there will ever be, so nobody waits for an end that a stray holder of the other side could withhold.
 */
export class PipeReader {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #take: (chunk: Buffer) => void;
  #ended = false;

  constructor(fd: number, take: (chunk: Buffer) => void, onEnd?: () => void) {
    this.#fd = fd;
    this.#take = take;
    this.#socket = openSocket(fd);
    this.#socket.on('data', take);
    const end = () => {
      if (this.#ended) return;
      this.#ended = true;
      onEnd?.();
    };
    this.#socket.on('end', end);
    this.#socket.on('error', end);
    this.#socket.on('close', end);
  }

  /** Stops reading until `resume`; the writer then blocks when the pipe is full. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Takes what the pipe holds now and closes it. */
  drain(): void {
    if (!this.#ended) {
      this.#socket.off('data', this.#take); // `read` would call it as well.
      for (let chunk = this.#socket.read(); chunk !== null; chunk = this.#socket.read()) this.#take(chunk as Buffer);
      this.#readRest();
    }
    this.#socket.destroy();
  }

  #readRest(): void {
    const buffer = Buffer.allocUnsafe(64 * 1024);
    for (let total = 0; total < DRAIN_BYTES_MAX; ) {
      const length = readNow(this.#fd, buffer);
      if (length === 0) return;
      total += length;
      this.#take(Buffer.from(buffer.subarray(0, length)));
    }
  }
}

function openSocket(fd: number): Socket {
  try {
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** 0 at the end and when nothing is there now. */
function readNow(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
