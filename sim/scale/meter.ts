import type { SerializedEvent } from '../../src/api/request.ts';
import type { ClientRequest } from '../../src/client/transport.ts';

/** What goes between the API server and everybody else, by what it is for. */
export const MESSAGE_KINDS = ['watchEvents', 'bookmarks', 'acknowledgements', 'otherWrites', 'reads'] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

export type Messages = Readonly<Record<MessageKind, { readonly count: number; readonly bytes: number }>>;

/** Counts messages and the bytes of their bodies as JSON; headers and framing are not counted. */
export class Meter {
  readonly #counts = new Map<MessageKind, { count: number; bytes: number }>();
  readonly #sizes = new WeakMap<SerializedEvent, number>();

  request(request: ClientRequest): void {
    const isAcknowledgement = request.method === 'PATCH' && request.path.includes('/endpointconsumers/');
    const kind = request.method === 'GET' ? 'reads' : isAcknowledgement ? 'acknowledgements' : 'otherWrites';
    this.#add(kind, request.body ? JSON.stringify(request.body.object).length : 0);
  }

  events(events: readonly SerializedEvent[]): void {
    for (const event of events) {
      this.#add(event.event.type === 'BOOKMARK' ? 'bookmarks' : 'watchEvents', this.#size(event));
    }
  }

  /** What was counted since the meter was made or asked last. */
  take(): Messages {
    const entries = MESSAGE_KINDS.map((kind) => [kind, this.#counts.get(kind) ?? { count: 0, bytes: 0 }]);
    this.#counts.clear();
    return Object.fromEntries(entries) as Messages;
  }

  #size(event: SerializedEvent): number {
    const known = this.#sizes.get(event);
    if (known !== undefined) return known;
    const size = event.line.length;
    this.#sizes.set(event, size);
    return size;
  }

  #add(kind: MessageKind, bytes: number): void {
    const count = this.#counts.get(kind) ?? { count: 0, bytes: 0 };
    count.count++;
    count.bytes += bytes;
    this.#counts.set(kind, count);
  }
}
