/** For each index its values of an object: one, several or none. */
export type IndexFunctions = Record<string, (object: never) => readonly string[]>;

type Indexed = { metadata: { namespace?: string } };

/** Objects by key, and by whatever indexes were asked for. */
export class Indexer<T extends Indexed> {
  readonly #functions: [string, (object: T) => readonly string[]][];
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(functions: IndexFunctions) {
    const byNamespace = (object: T) => [object.metadata.namespace ?? ''];
    const given = Object.entries(functions) as [string, (object: T) => readonly string[]][];
    this.#functions = [['namespace', byNamespace], ...given];
    for (const [name] of this.#functions) this.#indexes.set(name, new Map());
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): T[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex('namespace', namespace);
  }

  /** Throws when the index was not asked for. */
  byIndex(index: string, value: string): T[] {
    const values = this.#indexes.get(index);
    if (!values) throw new Error(`Cannot look up by ${index}: no such index, need one of ${[...this.#indexes.keys()]}`);
    return [...(values.get(value) ?? [])].map((key) => this.#objects.get(key) as T);
  }

  set(key: string, object: T): void {
    this.delete(key);
    this.#objects.set(key, object);
    for (const [index, values] of this.#functions) {
      for (const value of values(object)) this.#bucket(index, value).add(key);
    }
  }

  delete(key: string): void {
    const object = this.#objects.get(key);
    if (!object) return;
    this.#objects.delete(key);
    for (const [index, values] of this.#functions) {
      for (const value of values(object)) this.#drop(index, value, key);
    }
  }

  #drop(index: string, value: string, key: string): void {
    const bucket = this.#bucket(index, value);
    bucket.delete(key);
    if (bucket.size === 0) this.#indexes.get(index)?.delete(value);
  }

  #bucket(index: string, value: string): Set<string> {
    const values = this.#indexes.get(index) as Map<string, Set<string>>;
    const bucket = values.get(value) ?? new Set<string>();
    values.set(value, bucket);
    return bucket;
  }
}
