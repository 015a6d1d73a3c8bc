import type { Clock } from '../../base/clock.ts';

/** The log files of a fake runtime: path → CRI log lines, in memory. */
export class FakeLogs {
  readonly #clock: Clock;
  readonly #files = new Map<string, string[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  append(path: string, entry: { stream: 'stdout' | 'stderr'; line: string }): void {
    const at = `${new Date(this.#clock.now()).toISOString().slice(0, 23)}000000Z`;
    const lines = this.#files.get(path) ?? [];
    lines.push(`${at} ${entry.stream} F ${entry.line}\n`);
    this.#files.set(path, lines);
  }

  /** The file's text; empty when nothing was ever written. */
  read(path: string): string {
    return (this.#files.get(path) ?? []).join('');
  }
}
