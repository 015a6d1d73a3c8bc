import type { SerializedEvent } from '../../api/request.ts';
import type { KubeObject, WatchEvent, WatchEventType } from '../../api/types/meta.ts';
import type { Change } from '../../store/store.ts';
import type { Objects } from '../objects.ts';

/** An event whose JSON line is made when the first reader asks for it, and then shared by all of them. */
export class LazyEvent implements SerializedEvent {
  readonly event: WatchEvent<unknown>;
  #line: string | undefined;

  constructor(type: WatchEventType, object: unknown) {
    this.event = { type, object };
  }

  get line(): string {
    this.#line ??= `${JSON.stringify(this.event)}\n`;
    return this.#line;
  }
}

/** One change of the store, and the events that it is to different watchers: each is made once. */
export class ChangeEvents {
  readonly #objects: Objects;
  readonly #change: Change;
  readonly #events = new Map<WatchEventType, LazyEvent>();

  constructor(objects: Objects, change: Change) {
    this.#objects = objects;
    this.#change = change;
  }

  get revision(): number {
    return this.#change.revision;
  }

  get key(): string {
    return this.#change.key;
  }

  /** The object after the change; undefined when it is gone. */
  get current(): KubeObject | undefined {
    return this.#change.type === 'put' ? this.#objects.decode(this.#change.entry) : undefined;
  }

  /** The object before the change; undefined when the change created it. */
  get previous(): KubeObject | undefined {
    const before = this.#change.type === 'put' ? this.#change.previous : this.#change.entry;
    return before && this.#objects.decode(before);
  }

  /** ADDED and MODIFIED carry the state after the change, DELETED the state before it, at this change's revision. */
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED'): LazyEvent {
    const known = this.#events.get(type);
    if (known) return known;
    const made = new LazyEvent(type, type === 'DELETED' ? this.#gone() : this.current);
    this.#events.set(type, made);
    return made;
  }

  #gone(): KubeObject {
    const { previous, entry, revision } = this.#change;
    return this.#objects.decodeAt(previous ?? entry, revision);
  }
}
