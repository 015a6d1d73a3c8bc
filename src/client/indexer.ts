/** For each index its values of an object: one, several or none. */
export type IndexFunctions = Record<string, (object: never) => readonly string[]>;

type Indexed = { metadata: { namespace?: string } };

/**
 * Objects by key, and by whatever indexes were asked for. An index is built when it is first looked into: most are
 * never, and in a process with thousands of these copies they would weigh more than the objects' own keys.
 */
export class Indexer<T extends Indexed> {
  readonly #functions: ReadonlyMap<string, (object: T) => readonly string[]>;
  readonly #objects = new Map<string, T>();
  /** Those that were looked into: keys by value. */
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(functions: IndexFunctions) {
    const byNamespace = (object: T) => [object.metadata.namespace ?? ''];
    const given = Object.entries(functions) as [string, (object: T) => readonly string[]][];
    this.#functions = new Map([['namespace', byNamespace], ...given]);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): T[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex('namespace', namespace);
  }

  /** Throws when the index was not asked for. */
  byIndex(index: string, value: string): T[] {
    const values = this.#indexes.get(index) ?? this.#build(index);
    return [...(values.get(value) ?? [])].map((key) => this.#objects.get(key) as T);
  }

  set(key: string, object: T): void {
    const known = this.#objects.get(key);
    if (known) this.#unlist(key, known);
    this.#objects.set(key, object);
    this.#enlist(key, object);
  }

  delete(key: string): void {
    const object = this.#objects.get(key);
    if (!object) return;
    this.#objects.delete(key);
    this.#unlist(key, object);
  }

  #build(index: string): Map<string, Set<string>> {
    const valuesOf = this.#functions.get(index);
    if (!valuesOf) {
      throw new Error(`Cannot look up by ${index}: no such index, need one of ${[...this.#functions.keys()]}`);
    }
    const values = new Map<string, Set<string>>();
    this.#indexes.set(index, values);
    for (const [key, object] of this.#objects) for (const value of valuesOf(object)) add(values, { value, key });
    return values;
  }

  #enlist(key: string, object: T): void {
    for (const [index, values] of this.#indexes) {
      for (const value of this.#functions.get(index)?.(object) ?? []) add(values, { value, key });
    }
  }

  #unlist(key: string, object: T): void {
    for (const [index, values] of this.#indexes) {
      for (const value of this.#functions.get(index)?.(object) ?? []) {
        const bucket = values.get(value);
        if (bucket?.delete(key) && bucket.size === 0) values.delete(value);
      }
    }
  }
}

function add(values: Map<string, Set<string>>, { value, key }: { value: string; key: string }): void {
  const bucket = values.get(value);
  if (bucket) bucket.add(key);
  else values.set(value, new Set([key]));
}
