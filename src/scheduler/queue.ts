import { keyOf } from '../api/resource.ts';
import type { Pod } from '../api/types/core.ts';
import { type BackoffPolicy, backoffMs } from '../base/backoff.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { Heap } from './heap.ts';

/** What changed in the cluster, as far as pods that found no node may care. */
export type ClusterChange = 'NodeChanged' | 'PodLeft' | 'PodPlaced';

/** A pod that waits for a node. */
export interface Waiting {
  readonly pod: Pod;
  /** How often it has been tried in vain. */
  readonly attempts: number;
}

interface Entry extends Waiting {
  pod: Pod;
  attempts: number;
  readonly order: number;
  state: State;
  /** Set while the pod is `unschedulable`: which plugins said no. */
  rejectedBy: ReadonlySet<string>;
  /** Not before this time of the monotonic clock. */
  notBeforeMs: number;
}

/**
 *            add                   take                       remove
 *   (none) ───────► ready ────────────────────► taken ─────────────────────► (none)
 *                     ▲  ▲                         │  no node fits
 *          back-off   │  │ a change that may help, │
 *          is over    │  │ back-off over           ▼
 *                  backoff ◄─────────────── unschedulable
 */
type State = 'ready' | 'taken' | 'backoff' | 'unschedulable';

const BACKOFF: BackoffPolicy = { baseMs: 1_000, maxMs: 10_000 };
/** A pod is tried again after this long even when nothing seemed to change: no hint is perfect. */
const STALE_MS = 300_000;

/** Plugins for which another pod's placement can turn a no into a yes. */
const LIKE_COMPANY: ReadonlySet<string> = new Set(['InterPodAffinity', 'PodTopologySpread']);

/** No node at all, or none that is ready, says nothing about the pod: it is placed the moment there is one. */
function isOnlyForWantOfNodes(rejectedBy: ReadonlySet<string>): boolean {
  return [...rejectedBy].every((name) => name === 'NodeReady');
}

/** Pods without a node: the highest priority first, among equals the one that waits longest. */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #ready = new Heap<Entry>((a, b) => priorityOf(b.pod) - priorityOf(a.pod) || a.order - b.order);
  #order = 0;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  /** How many pods wait, whatever for. */
  get size(): number {
    return this.#entries.size;
  }

  /** A pod that is new, or whose wishes have changed: it is tried at once. Other changes only replace what is known. */
  add(pod: Pod): void {
    const key = keyOf(pod);
    const known = this.#entries.get(key);
    if (known && known.pod.metadata.uid === pod.metadata.uid) {
      const isNews = wishesOf(known.pod) !== wishesOf(pod);
      known.pod = pod;
      if (isNews && known.state === 'unschedulable') this.#retry(known);
      return;
    }
    this.remove(key);
    const entry: Entry = {
      pod,
      attempts: 0,
      order: this.#order++,
      state: 'ready',
      rejectedBy: new Set(),
      notBeforeMs: 0,
    };
    this.#entries.set(key, entry);
    this.#makeReady(entry);
  }

  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    // The heap may still hold it; `#pop` passes over entries that are no longer `ready`.
    entry.state = 'taken';
  }

  /** The next pod to place. Undefined when the queue was closed. */
  async take(): Promise<Waiting | undefined> {
    for (;;) {
      if (this.#closed) return undefined;
      const entry = this.#pop();
      if (entry) return entry;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** No node fits: the pod waits for a change that may help, but never less than its back-off. */
  unschedulable(waiting: Waiting, rejectedBy: ReadonlySet<string>): void {
    const entry = this.#setBack(waiting);
    if (!entry) return;
    entry.state = 'unschedulable';
    entry.rejectedBy = rejectedBy;
    if (isOnlyForWantOfNodes(rejectedBy)) {
      entry.attempts--;
      entry.notBeforeMs = 0;
    }
    this.#wakeAt(this.#clock.monotonic() + STALE_MS);
  }

  /** Something else went wrong: the pod is tried again after its back-off. */
  failed(waiting: Waiting): void {
    const entry = this.#setBack(waiting);
    if (entry) this.#retry(entry);
  }

  /** Brings back the pods that `change` may have made room for. */
  clusterChanged(change: ClusterChange): void {
    for (const entry of this.#entries.values()) {
      if (entry.state === 'unschedulable' && mayHelp(change, entry.rejectedBy)) this.#retry(entry);
    }
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#wakeUp();
  }

  #setBack(waiting: Waiting): Entry | undefined {
    const entry = this.#entries.get(keyOf(waiting.pod));
    if (entry !== waiting || !entry) return undefined;
    entry.attempts++;
    entry.notBeforeMs = this.#clock.monotonic() + backoffMs(BACKOFF, entry.attempts);
    return entry;
  }

  #retry(entry: Entry): void {
    if (entry.notBeforeMs <= this.#clock.monotonic()) {
      this.#makeReady(entry);
    } else {
      entry.state = 'backoff';
      this.#wakeAt(entry.notBeforeMs);
    }
  }

  #makeReady(entry: Entry): void {
    entry.state = 'ready';
    this.#ready.push(entry);
    this.#wakeUp();
  }

  #pop(): Entry | undefined {
    for (let entry = this.#ready.pop(); entry; entry = this.#ready.pop()) {
      if (entry.state !== 'ready') continue;
      entry.state = 'taken';
      return entry;
    }
    return undefined;
  }

  #wakeAt(atMs: number): void {
    if (this.#closed || atMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#clock.timer(atMs - this.#clock.monotonic(), () => this.#collect(), { background: true });
  }

  /** Makes ready what has waited long enough, and sets the timer for the next. */
  #collect(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries.values()) {
      const dueMs = dueAt(entry);
      if (dueMs <= now) this.#makeReady(entry);
      else next = Math.min(next, dueMs);
    }
    if (Number.isFinite(next)) this.#wakeAt(next);
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

function dueAt({ state, notBeforeMs }: Entry): number {
  if (state === 'backoff') return notBeforeMs;
  return state === 'unschedulable' ? notBeforeMs + STALE_MS : Number.POSITIVE_INFINITY;
}

function mayHelp(change: ClusterChange, rejectedBy: ReadonlySet<string>): boolean {
  if (change === 'NodeChanged' || change === 'PodLeft') return true;
  return [...rejectedBy].some((name) => LIKE_COMPANY.has(name));
}

function priorityOf(pod: Pod): number {
  return pod.spec.priority ?? 0;
}

/** What decides where a pod may go; its status does not. */
function wishesOf({ spec, metadata }: Pod): string {
  return JSON.stringify([spec, metadata.labels]);
}
