import type { ApiResponse, Handle, SerializedEvent, User, WatchSink, WatchStream } from '../../src/api/request.ts';
import { inProcessTransport, type Transport } from '../../src/client/transport.ts';
import type { SimTime } from '../clock.ts';
import type { Meter } from './meter.ts';

export interface LaggingOptions {
  readonly time: SimTime;
  readonly handle: Handle;
  readonly user: User;
  readonly meter: Meter;
  /** One way of a request or an answer, in milliseconds. */
  readonly wayMs: () => number;
  /** From a change until this reader has it, in milliseconds. */
  readonly watchMs: () => number;
}

/**
 * The way to the API server where thousands share it: requests take their time, watch events come late and in order.
 * Unlike `Link` it loses nothing and copies nothing: what the server hands out is frozen, and at this size one copy for
 * each reader is more than a machine holds.
 */
export function laggingTransport(options: LaggingOptions): Transport {
  const { time, handle, user, meter, wayMs } = options;
  const send = inProcessTransport(handle, user);
  return async (request) => {
    meter.request(request);
    await time.pause(wayMs());
    const response = await send(request);
    await time.pause(wayMs());
    return late(response, options);
  };
}

function late(response: ApiResponse, options: LaggingOptions): ApiResponse {
  const { body } = response;
  if (body.kind !== 'watch') return response;
  return { ...response, body: { kind: 'watch', stream: new LateStream(body.stream, options) } };
}

/** A watch whose batches come after their delay, in their order. */
class LateStream implements WatchStream {
  readonly #upstream: WatchStream;
  readonly #options: LaggingOptions;
  /** What is on the way, in its order: two that arrive at one moment do so in the order in which they were sent. */
  readonly #onTheWay: (() => void)[] = [];
  #lastAt = 0;
  #sink: WatchSink | undefined;

  constructor(upstream: WatchStream, options: LaggingOptions) {
    this.#upstream = upstream;
    this.#options = options;
  }

  start(sink: WatchSink): void {
    this.#sink = sink;
    this.#upstream.start({
      onEvents: (events) => {
        this.#options.meter.events(events);
        this.#later(() => this.#hand(events));
        return true;
      },
      onEnd: () => this.#later(() => this.#sink?.onEnd()),
    });
  }

  close(): void {
    this.#sink = undefined;
    this.#upstream.close();
  }

  #hand(events: readonly SerializedEvent[]): void {
    if (this.#sink?.onEvents(events) === false) this.#upstream.close();
  }

  #later(act: () => void): void {
    const { time, watchMs } = this.#options;
    this.#lastAt = Math.max(this.#lastAt, time.now + watchMs());
    this.#onTheWay.push(act);
    time.after(this.#lastAt - time.now, () => this.#onTheWay.shift()?.());
  }
}
