import type { SerializedEvent, WatchSink, WatchStream } from '../src/api/request.ts';
import { freezeJson } from '../src/apiserver/json.ts';
import type { SimTime } from './clock.ts';

/** Sees what one reader of one watch sees, in the moment it does. */
export interface StreamTap {
  onEvents(events: readonly SerializedEvent[]): void;
}

export interface WatchPipeOptions {
  readonly time: SimTime;
  readonly owner: string;
  readonly delayMs: () => number;
  readonly onClosed: () => void;
  readonly tap?: StreamTap | undefined;
}

/** How many batches may be on the way before the reader counts as one that cannot keep up. */
const BATCHES_MAX = 2_000;

type Parcel = { readonly at: number; readonly events: readonly SerializedEvent[] | 'end' };

/** One watch stream on its way from the server to its reader: in order, late, and at times broken off. */
export class WatchPipe implements WatchStream {
  readonly #upstream: WatchStream;
  readonly #options: WatchPipeOptions;
  #queue: Parcel[] = [];
  #sink: WatchSink | undefined;
  #lastAt = 0;
  #pumping = false;
  #held = false;
  #over = false;

  constructor(upstream: WatchStream, options: WatchPipeOptions) {
    this.#upstream = upstream;
    this.#options = options;
    upstream.start({
      onEvents: (events) => {
        this.#send(events);
        return this.#queue.length < BATCHES_MAX;
      },
      onEnd: () => this.#send('end'),
    });
  }

  start(sink: WatchSink): void {
    if (this.#over) this.#tellEnd(sink);
    else {
      this.#sink = sink;
      this.#pump();
    }
  }

  close(): void {
    this.#finish(true);
  }

  /** Nothing gets through for now. */
  hold(): void {
    this.#held = true;
  }

  resume(): void {
    this.#held = false;
    this.#pump();
  }

  /** The connection is lost: what was on the way never comes, and both ends learn of it. */
  break(): void {
    const sink = this.#sink;
    this.#finish(true);
    if (sink) this.#tellEnd(sink);
  }

  /** The reader is gone without a word. */
  abandon(): void {
    this.#finish(true);
  }

  #tellEnd(sink: WatchSink): void {
    this.#options.time.after(this.#options.delayMs(), () => sink.onEnd(), { owner: this.#options.owner });
  }

  #finish(closeUpstream: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#queue = [];
    this.#sink = undefined;
    this.#options.onClosed();
    if (closeUpstream) this.#upstream.close();
  }

  #send(events: Parcel['events']): void {
    if (this.#over) return;
    this.#lastAt = Math.max(this.#lastAt, this.#options.time.now + this.#options.delayMs());
    this.#queue.push({ at: this.#lastAt, events });
    this.#pump();
  }

  /** Hands over what has arrived, and comes back when the next has. */
  #pump(): void {
    if (this.#pumping || this.#held || !this.#sink) return;
    const { time, owner } = this.#options;
    for (let parcel = this.#queue[0]; parcel && parcel.at <= time.now && !this.#held; parcel = this.#queue[0]) {
      this.#queue.shift();
      this.#deliver(parcel.events);
      if (this.#over) return;
    }
    const next = this.#queue[0];
    if (!next || this.#held) return;
    this.#pumping = true;
    time.after(
      next.at - time.now,
      () => {
        this.#pumping = false;
        this.#pump();
      },
      { owner },
    );
  }

  #deliver(events: Parcel['events']): void {
    const sink = this.#sink;
    if (events === 'end') {
      this.#finish(false);
      sink?.onEnd();
      return;
    }
    const copies = events.map(copyEvent);
    this.#options.tap?.onEvents(copies);
    if (sink?.onEvents(copies) !== false) return;
    this.#finish(true);
    sink.onEnd();
  }
}

const copies = new WeakMap<SerializedEvent, SerializedEvent>();

/** The event as it comes out of the wire: a copy of the server's, which all readers share and nobody can change. */
function copyEvent(original: SerializedEvent): SerializedEvent {
  const known = copies.get(original);
  if (known) return known;
  const { line } = original;
  const copy = { event: freezeJson(JSON.parse(line)) as SerializedEvent['event'], line };
  copies.set(original, copy);
  return copy;
}
