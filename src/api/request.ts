import type { WatchEvent } from './types/meta.ts';

/** A request to the API server, free of sockets. HTTP servers, the in-process transport and tests all make these. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** Path without query, percent-encoded as it came. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent, the bytes of a network client, or a JSON value handed over in process (never changed by the server). */
  readonly body?: Uint8Array | { readonly object: unknown };
  readonly user: User;
  /** Aborted when the client goes away: streams end. */
  readonly signal: AbortSignal;
}

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ResponseBody;
}

/**
 * `object`: a JSON value, shared and immutable. `text`: sent as it is. `watch`: an endless stream of events, each with
 * its JSON line made once for all watchers. `bytes`: a raw stream (logs).
 */
export type ResponseBody =
  | { readonly kind: 'object'; readonly object: unknown }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'watch'; readonly stream: WatchStream }
  | { readonly kind: 'bytes'; readonly stream: AsyncIterable<Uint8Array> };

/** Events are pushed: `start` hands over everything that is due now, then calls `onEvents` as more comes. */
export interface WatchStream {
  /** Called once. `onEnd` is called once when the server ends the stream (timeout, compaction, slow reader). */
  start(sink: WatchSink): void;
  /** Called by the reader when it goes away. */
  close(): void;
}

export interface WatchSink {
  /** Events in order. Returns false when the reader cannot keep up: the server then ends the stream. */
  onEvents(events: readonly SerializedEvent[]): boolean;
  onEnd(): void;
}

/** An event with its JSON line (newline included) made on first need and then shared. */
export interface SerializedEvent {
  readonly event: WatchEvent<unknown>;
  readonly line: string;
}

/** The API server, the kubelet's log server, or a transport to one of them. */
export type Handle = (request: ApiRequest) => Promise<ApiResponse>;
