import type { SerializedEvent, WatchSink, WatchStream } from '../../api/request.ts';
import type { StatusError } from '../../api/status.ts';
import type { Timer } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import { CompactedError } from '../../store/store.ts';
import { expired } from '../errors.ts';
import type { FieldValue, Selection } from '../selection.ts';
import { type ChangeEvents, LazyEvent } from './changeevents.ts';
import type { HubMember } from './members.ts';
import type { ResourceHub } from './resourcehub.ts';

export interface WatcherOptions {
  /** Changes after this revision are sent. Undefined: first everything there is, as ADDED. */
  readonly fromRevision: number | undefined;
  readonly selection: Selection;
  readonly allowBookmarks: boolean;
  /** After the first state was sent, a bookmark says so with the annotation `k8s.io/initial-events-end` (KEP-3157). */
  readonly markInitialEnd: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Another form for each event (tables, partial metadata); the shared event itself when absent. */
  readonly render?: (event: SerializedEvent) => SerializedEvent;
}

const BOOKMARK_EVERY_MS = 30_000;

/**
 * One watch. Events come in the order of revisions, each once; a reader that cannot keep up is ended, never waited for.
 * Nothing is buffered here: what is sent is the reader's to hold.
 */
export class Watcher implements WatchStream, HubMember {
  readonly #hub: ResourceHub;
  readonly #env: Env;
  readonly #options: WatcherOptions;
  #sink: WatchSink | undefined;
  #timer: Timer | undefined;
  /** Everything up to here was sent or is not selected. */
  #revision = 0;
  /** Newest revision that the reader was told. */
  #told = 0;
  #toldAtMs = 0;

  constructor(hub: ResourceHub, options: WatcherOptions & { env: Env }) {
    this.#hub = hub;
    this.#env = options.env;
    this.#options = options;
  }

  get allowsBookmarks(): boolean {
    return this.#options.allowBookmarks;
  }

  get only(): FieldValue | undefined {
    return this.#options.selection.only;
  }

  start(sink: WatchSink): void {
    const { signal, timeoutMs, fromRevision } = this.#options;
    if (signal.aborted) {
      sink.onEnd();
      return;
    }
    this.#sink = sink;
    this.#toldAtMs = this.#env.clock.monotonic();
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#timer = this.#env.clock.timer(timeoutMs, () => this.end(), { background: true });
    try {
      this.#revision = fromRevision ?? this.#sendInitial();
      this.#told = this.#revision;
      if (this.#sink) this.#hub.join(this, this.#revision);
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      this.#fail(expired(this.#revision, error.compactedRevision));
    }
  }

  /** Called by the hub, and once on joining with what happened before. */
  deliver(changes: readonly ChangeEvents[]): void {
    const events: SerializedEvent[] = [];
    for (const change of changes) {
      if (change.revision <= this.#revision) continue;
      this.#revision = change.revision;
      const event = this.#translate(change);
      if (event) events.push(event);
    }
    if (events.length > 0) this.#send(events);
  }

  /** Called about once a second: everything up to `delivered` has been handed over. */
  tick(delivered: number): void {
    this.#revision = Math.max(this.#revision, delivered);
    const dueByTime = this.#env.clock.monotonic() - this.#toldAtMs >= BOOKMARK_EVERY_MS;
    if (this.#revision > this.#told || dueByTime) this.#send([this.#bookmark()]);
  }

  /** Ends the stream from the server's side. */
  end(): void {
    const sink = this.#sink;
    this.close();
    sink?.onEnd();
  }

  close(): void {
    this.#sink = undefined;
    this.#timer?.cancel();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#hub.leave(this);
  }

  readonly #onAbort = (): void => this.end();

  /** Sends the present state; returns the revision that it is the state of. */
  #sendInitial(): number {
    const { selection, markInitialEnd } = this.#options;
    const { objects, revision } = this.#hub.snapshot(selection);
    this.#revision = revision;
    const events: SerializedEvent[] = objects.map((object) => this.#render(new LazyEvent('ADDED', object)));
    if (markInitialEnd) events.push(this.#bookmark({ 'k8s.io/initial-events-end': 'true' }));
    if (events.length > 0) this.#send(events);
    return revision;
  }

  #translate(change: ChangeEvents): SerializedEvent | undefined {
    const { selection } = this.#options;
    if (!selection.mayMatch(change.key)) return undefined;
    const { current, previous } = change;
    const isIn = current !== undefined && selection.matches(current);
    const wasIn = previous !== undefined && selection.matches(previous);
    if (!isIn && !wasIn) return undefined;
    return this.#render(change.event(isIn ? (wasIn ? 'MODIFIED' : 'ADDED') : 'DELETED'));
  }

  #bookmark(annotations?: Record<string, string>): SerializedEvent {
    const metadata = { resourceVersion: String(this.#revision), ...(annotations ? { annotations } : {}) };
    return this.#render(new LazyEvent('BOOKMARK', { ...this.#hub.typeMeta, metadata }));
  }

  #render(event: SerializedEvent): SerializedEvent {
    return this.#options.render ? this.#options.render(event) : event;
  }

  #send(events: readonly SerializedEvent[]): void {
    if (!this.#sink) return;
    this.#told = this.#revision;
    this.#toldAtMs = this.#env.clock.monotonic();
    if (!this.#accepts(this.#sink, events)) this.end();
  }

  /** A reader that throws has broken its own promise: it is ended, and the others go on. */
  #accepts(sink: WatchSink, events: readonly SerializedEvent[]): boolean {
    try {
      return sink.onEvents(events);
    } catch (error) {
      this.#env.log.error('a reader of a watch failed', { kind: this.#hub.typeMeta.kind, error });
      return false;
    }
  }

  #fail(error: StatusError): void {
    this.#sink?.onEvents([new LazyEvent('ERROR', error.toStatus())]);
    this.end();
  }
}
