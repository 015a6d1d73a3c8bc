import type { Kind } from '../api/kind.ts';
import type { KubeObject } from '../api/types/meta.ts';
import { assert } from '../base/assert.ts';
import type { Change, Entry, Expectation, Store } from '../store/store.ts';
import { freezeJson } from './json.ts';

/** Where the objects are: kinds marked `virtual` in the memory of this server, all others on disk. */
export interface Stores {
  readonly durable: Store;
  readonly memory: Store;
}

/**
 * Kubernetes objects over the store of keys and values.
 *
 * Keys are `/registry/<group or core>/<resource>/<namespace>/<name>`. The stored JSON carries no resourceVersion: it is
 * filled in from the entry's revision. Decoded objects are made once per entry, frozen and shared by all who read them.
 */
export class Objects {
  readonly #stores: Stores;
  readonly #decoded = new WeakMap<Entry, KubeObject>();
  readonly #deleted = new WeakMap<Entry, { revision: number; object: KubeObject }>();

  constructor(stores: Stores) {
    this.#stores = stores;
  }

  storeOf(kind: Kind): Store {
    return kind.virtual ? this.#stores.memory : this.#stores.durable;
  }

  get(kind: Kind, where: { namespace?: string | undefined; name: string }): KubeObject | undefined {
    const entry = this.storeOf(kind).get(keyFor(kind, where));
    return entry && this.decode(entry);
  }

  /** Writes a copy of `object` and returns what was stored. Rejects with the store's `ConditionError`. */
  async put(kind: Kind, object: KubeObject, expect: Expectation): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    const key = keyFor(kind, { namespace, name });
    return this.decode(await this.storeOf(kind).put(key, encode(object), expect));
  }

  /** Removes `object` as it was read. Returns its last state with the resourceVersion of the deletion. */
  async delete(kind: Kind, object: KubeObject): Promise<KubeObject> {
    const { namespace, name, resourceVersion } = object.metadata;
    const key = keyFor(kind, { namespace, name });
    const change = await this.storeOf(kind).delete(key, { modRevision: Number(resourceVersion) });
    return this.decodeAt(change.entry, change.revision);
  }

  /** The object of an entry. Never to be changed: it is shared. */
  decode(entry: Entry): KubeObject {
    const known = this.#decoded.get(entry);
    if (known) return known;
    const object = parse(entry, entry.modRevision);
    this.#decoded.set(entry, object);
    return object;
  }

  /** The last state of something that was deleted, or left a selection, at `revision`. */
  decodeAt(entry: Entry, revision: number): KubeObject {
    const known = this.#deleted.get(entry);
    if (known?.revision === revision) return known.object;
    const { metadata, ...rest } = this.decode(entry);
    const object = freezeJson({ ...rest, metadata: { ...metadata, resourceVersion: String(revision) } }) as KubeObject;
    this.#deleted.set(entry, { revision, object });
    return object;
  }

  /** The object after a put; for a delete the last one before it, at the revision of the deletion. */
  ofChange(change: Change): KubeObject {
    return change.type === 'put' ? this.decode(change.entry) : this.decodeAt(change.entry, change.revision);
  }
}

export function prefixFor(kind: Kind, namespace?: string): string {
  const { group, resource, namespaced } = kind.resource;
  const root = `/registry/${group || 'core'}/${resource}/`;
  return namespaced && namespace ? `${root}${namespace}/` : root;
}

export function keyFor(kind: Kind, where: { namespace?: string | undefined; name: string }): string {
  assert(!kind.resource.namespaced || where.namespace, `a key of ${kind.resource.resource} needs a namespace`);
  return `${prefixFor(kind, where.namespace)}${where.name}`;
}

/** Name at the end of a key. */
export function nameInKey(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

function encode(object: KubeObject): string {
  return JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: undefined } });
}

function parse(entry: Entry, revision: number): KubeObject {
  const object = JSON.parse(entry.value) as KubeObject;
  object.metadata.resourceVersion = String(revision);
  return freezeJson(object);
}
