import type { Kind } from '../../api/kind.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import type { Timer } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import type { Change, Store, WatchHandle } from '../../store/store.ts';
import { type Objects, prefixFor } from '../objects.ts';
import type { Selection } from '../selection.ts';
import { ChangeEvents } from './changeevents.ts';
import { type HubMember, Members } from './members.ts';

const TICK_MS = 1_000;
/** How many of the latest changes keep their events, for watchers that come back to where they were. */
const RECENT_MAX = 1_024;

/**
 * All watches of one kind over one subscription to the store.
 *
 * A watcher that begins in the past is first handed what the store still knows, in the same turn as it joins; what the
 * subscription then repeats is skipped by its revision. So each change reaches each watcher exactly once.
 */
export class ResourceHub {
  readonly typeMeta: { readonly kind: string; readonly apiVersion: string };
  readonly #objects: Objects;
  readonly #store: Store;
  readonly #prefix: string;
  readonly #env: Env;
  readonly #watchers: Members;
  readonly #recent = new Map<number, ChangeEvents>();
  /** Deliveries under way (the first) and waiting. */
  readonly #turns: (() => void)[] = [];
  #subscription: WatchHandle | undefined;
  #ticker: Timer | undefined;
  /** Every change up to here has been handed to every watcher. */
  #delivered = 0;

  constructor(kind: Kind, options: { objects: Objects; env: Env }) {
    this.#objects = options.objects;
    this.#store = options.objects.storeOf(kind);
    this.#prefix = prefixFor(kind);
    this.#env = options.env;
    this.#watchers = new Members(kind);
    this.typeMeta = { kind: kind.resource.kind, apiVersion: apiVersionOf(kind.resource) };
  }

  /** The selected objects at one revision. */
  snapshot(selection: Selection): { objects: KubeObject[]; revision: number } {
    const { entries, revision } = this.#store.list({ prefix: selection.prefix });
    const candidates = entries.filter((entry) => selection.mayMatch(entry.key));
    const objects = candidates
      .map((entry) => this.#objects.decode(entry))
      .filter((object) => selection.matches(object));
    return { objects, revision };
  }

  /** Hands `watcher` every change after `fromRevision`, and goes on doing so. Throws the store's `CompactedError`. */
  join(watcher: HubMember, fromRevision: number): void {
    this.#subscribe();
    this.#watchers.add(watcher);
    if (watcher.allowsBookmarks) this.#ensureTicker();
    if (fromRevision >= this.#delivered) return;
    const missed = this.#changesAfter(fromRevision);
    if (missed.length > 0) this.#inTurn(() => watcher.deliver(missed));
  }

  leave(watcher: HubMember): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size === 0) this.#unsubscribe();
  }

  close(): void {
    for (const watcher of [...this.#watchers]) watcher.end();
    this.#unsubscribe();
  }

  #subscribe(): void {
    if (this.#subscription) return;
    const fromRevision = this.#store.revision;
    this.#delivered = fromRevision;
    const onChanges = (changes: readonly Change[]) => this.#dispatch(changes);
    this.#subscription = this.#store.watch({ prefix: this.#prefix, fromRevision, onChanges });
  }

  #unsubscribe(): void {
    this.#subscription?.close();
    this.#subscription = undefined;
    this.#ticker?.cancel();
    this.#ticker = undefined;
    this.#recent.clear();
  }

  #dispatch(changes: readonly Change[]): void {
    this.#inTurn(() => {
      const events = changes.map((change) => this.#eventsOf(change));
      this.#watchers.deliver(events);
      this.#delivered = Math.max(this.#delivered, changes.at(-1)?.revision ?? 0);
    });
  }

  /**
   * One delivery after another. A reader in this process may write while it is handed events; what comes of that is for
   * all readers later than what is being handed over, never in the middle of it.
   */
  #inTurn(deliver: () => void): void {
    this.#turns.push(deliver);
    if (this.#turns.length > 1) return;
    for (let turn = this.#turns[0]; turn; turn = this.#turns[0]) {
      try {
        turn();
      } finally {
        this.#turns.shift();
      }
    }
  }

  /** What the store knows after `revision`, whether or not the subscription has brought it yet. */
  #changesAfter(revision: number): ChangeEvents[] {
    const found: ChangeEvents[] = [];
    const onChanges = (changes: readonly Change[]) => {
      for (const change of changes) found.push(this.#eventsOf(change));
    };
    this.#store.watch({ prefix: this.#prefix, fromRevision: revision, onChanges }).close();
    return found;
  }

  #eventsOf(change: Change): ChangeEvents {
    const known = this.#recent.get(change.revision);
    if (known) return known;
    const made = new ChangeEvents(this.#objects, change);
    this.#recent.set(change.revision, made);
    if (this.#recent.size > RECENT_MAX) this.#recent.delete(this.#recent.keys().next().value ?? 0);
    return made;
  }

  #ensureTicker(): void {
    this.#ticker ??= this.#env.clock.timer(TICK_MS, () => this.#tick(), { background: true });
  }

  /** The store's revision may move on by changes of other kinds: bookmarks tell the watchers of this one. */
  #tick(): void {
    this.#ticker = undefined;
    const upTo = this.#store.revision;
    // What is forgotten was handed over when it was made: only what the store remembers can still be on its way.
    const from = Math.max(this.#delivered, this.#store.compactedRevision);
    if (upTo > this.#delivered && this.#changesAfter(from).length === 0) this.#delivered = upTo;
    for (const watcher of [...this.#watchers]) if (watcher.allowsBookmarks) watcher.tick(this.#delivered);
    if ([...this.#watchers].some((watcher) => watcher.allowsBookmarks)) this.#ensureTicker();
  }
}
