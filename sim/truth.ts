import type { Pod } from '../src/api/types/core.ts';
import type { KubeObject } from '../src/api/types/meta.ts';
import { DEFAULT_LEASE_SECONDS } from '../src/gate/registration.ts';
import type { Change, Store } from '../src/store/store.ts';
import { SEEN_KINDS, type SeenObject, type Sighting } from '../src/verify/history.ts';
import { EPOCH_MS, type SimTime } from './clock.ts';

export type StoreName = 'durable' | 'memory';

/** One change as it was made: what watch streams are checked against. */
export interface TrueChange {
  readonly revision: number;
  readonly type: 'put' | 'delete';
  readonly key: string;
  /** After a put; for a delete the last state. */
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
}

/** What the API server really holds and held, seen without any network in between. */
export class Truth {
  readonly sightings: Sighting[] = [];
  /** Changes of the durable store in order, from its first revision on. */
  readonly changes: TrueChange[] = [];
  readonly #time: SimTime;
  readonly #objects = new Map<string, KubeObject>();
  readonly #pods = new Map<string, Pod>();
  readonly #podsByIP = new Map<string, Pod>();
  /** When each endpoint consumer last said something that the server took, in simulated milliseconds. */
  readonly heardAt = new Map<string, number>();
  /** When a consumer said nothing for longer than its lease: it could not be waited for. */
  readonly silences: { readonly consumer: string; readonly from: number; readonly to: number }[] = [];
  readonly #listeners: ((change: TrueChange, store: StoreName) => void)[] = [];
  revision = 0;

  constructor(time: SimTime) {
    this.#time = time;
  }

  onChange(listener: (change: TrueChange, store: StoreName) => void): void {
    this.#listeners.push(listener);
  }

  saw(changes: readonly Change[], store: StoreName): void {
    for (const change of changes) this.#take(change, store);
  }

  /** The API server's memory is gone with its process. */
  memoryLost(): void {
    for (const key of this.#objects.keys()) if (key.startsWith('/registry/segue.dev/')) this.#objects.delete(key);
  }

  /** Objects below `prefix` as they are now. */
  list<T extends KubeObject>(prefix: string): T[] {
    return [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object as T);
  }

  get<T extends KubeObject>(key: string): T | undefined {
    return this.#objects.get(key) as T | undefined;
  }

  /** The newest pod with this uid, gone or not. */
  pod(uid: string): Pod | undefined {
    return this.#pods.get(uid);
  }

  podAt(ip: string): Pod | undefined {
    return this.#podsByIP.get(ip);
  }

  /** Whether the pod's object exists now. */
  exists(pod: Pod): boolean {
    const { namespace, name, uid } = pod.metadata;
    return this.#objects.get(`/registry/core/pods/${namespace}/${name}`)?.metadata.uid === uid;
  }

  /** How what the store holds differs from what was seen of it; empty when it does not. */
  differences(store: Store): string[] {
    const held = new Map(store.list({ prefix: '/registry/' }).entries.map((entry) => [entry.key, entry.modRevision]));
    const known = [...this.#objects].filter(([key]) => !key.startsWith('/registry/segue.dev/'));
    const lost = known.flatMap(([key, object]) => {
      const revision = held.get(key);
      const seen = Number(object.metadata.resourceVersion);
      return revision === seen ? [] : [`${key} was acknowledged at ${seen} and is at ${revision ?? 'no revision'} now`];
    });
    const more = [...held.keys()]
      .filter((key) => !this.#objects.has(key))
      .map((key) => `${key} was deleted and is back`);
    return [...lost, ...more];
  }

  #take(change: Change, store: StoreName): void {
    const previous = this.#objects.get(change.key);
    const object = withRevision(JSON.parse(change.entry.value) as KubeObject, change.revision);
    if (change.type === 'put') this.#objects.set(change.key, object);
    else this.#objects.delete(change.key);
    const { revision, type, key } = change;
    const truth: TrueChange = { revision, type, key, object, previous };
    if (store === 'durable') {
      this.changes.push(truth);
      this.revision = revision;
    }
    if (key.startsWith('/registry/core/pods/')) this.#sawPod(object as Pod);
    if (type === 'put' && key.startsWith('/registry/segue.dev/endpointconsumers/')) {
      this.#heard(object.metadata.name);
    }
    if (SEEN_KINDS.some((kind) => kind === object.kind)) {
      const seen = type === 'delete' ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED';
      this.sightings.push({ at: EPOCH_MS + this.#time.now, type: seen, object: object as SeenObject });
    }
    for (const listener of this.#listeners) listener(truth, store);
  }

  #heard(consumer: string): void {
    const { now } = this.#time;
    const leaseMs = DEFAULT_LEASE_SECONDS * 1000;
    const before = this.heardAt.get(consumer);
    if (before !== undefined && now - before > leaseMs)
      this.silences.push({ consumer, from: before + leaseMs, to: now });
    this.heardAt.set(consumer, now);
  }

  #sawPod(pod: Pod): void {
    this.#pods.set(pod.metadata.uid, pod);
    if (pod.status?.podIP) this.#podsByIP.set(pod.status.podIP, pod);
  }
}

function withRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
