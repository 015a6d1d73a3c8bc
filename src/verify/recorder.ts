import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { History, SeenKind, SeenObject, Sighting } from './history.ts';
import { SEEN_KINDS } from './history.ts';
import type { LoadEvent, LossEvent, SecondEvent, SummaryEvent } from './load/events.ts';

/** Collects what watches and the load generator report, each with its time, and gives it out as a history. */
export class Recorder {
  readonly #clock: Clock;
  readonly #sightings: Sighting[] = [];
  readonly #losses: LossEvent[] = [];
  readonly #seconds: SecondEvent[] = [];
  #summary: SummaryEvent | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a watch event. Kinds that no guarantee reads are ignored. */
  saw(type: Sighting['type'], object: { kind: string }): void {
    if (!isSeen(object)) return;
    this.#sightings.push({ at: this.#clock.now(), type, object });
  }

  /** Takes a line of the load generator. */
  heard(event: LoadEvent): void {
    if (event.event === 'loss') this.#losses.push(event);
    else if (event.event === 'second') this.#seconds.push(event);
    else if (event.event === 'summary') this.#summary = event;
  }

  /** What was recorded so far. The load must have ended. */
  history(about: Pick<History, 'change' | 'changedAt' | 'settledAt' | 'service'>): History {
    assert(this.#summary, 'a history is taken after the load has summed up');
    return {
      ...about,
      load: this.#summary,
      losses: [...this.#losses],
      seconds: [...this.#seconds],
      sightings: [...this.#sightings],
    };
  }
}

function isSeen(object: { kind: string }): object is SeenObject {
  return SEEN_KINDS.includes(object.kind as SeenKind);
}
