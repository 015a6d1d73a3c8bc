import type { SimTime } from './clock.ts';

/** The two time lines that a failure is told as: what the control plane did, and what happened on the nodes. */
export type TraceLine = 'control plane' | 'node';

export interface TraceEntry {
  readonly at: number;
  readonly line: TraceLine;
  readonly text: string;
  /** Names of pods, nodes and services that it is about. */
  readonly about: readonly string[];
}

/** Everything of note that happened, in order. One seed gives one trace, byte for byte. */
export class Trace {
  readonly entries: TraceEntry[] = [];
  readonly #time: SimTime;

  constructor(time: SimTime) {
    this.#time = time;
  }

  note(line: TraceLine, text: string, about: readonly string[] = []): void {
    this.entries.push({ at: this.#time.now, line, text, about });
  }

  /** The whole trace, one line an entry, times in milliseconds with all their digits. */
  get text(): string {
    return this.entries.map(({ at, line, text }) => `${at} ${line}: ${text}\n`).join('');
  }
}
