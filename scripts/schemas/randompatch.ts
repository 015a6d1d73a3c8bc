import { below, type Random } from '../../src/base/random.ts';

type Json = Record<string, unknown>;

/** A Pod and a strategic merge patch of it, with directives as `kubectl apply` writes them, drawn from `random`. */
export class RandomPatch {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  pod(): Json {
    const volumes = this.#some(['v', 'w', 'x']).map((name) => this.#volume(name));
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'n', finalizers: ['f/z', ...this.#some(['f/a', 'f/b', 'f/c', 'f/d'])] },
      spec: {
        containers: [
          { name: 'z', image: 'z' },
          ...this.#some(['a', 'b', 'c', 'd']).map((name) => this.#container(name)),
        ],
        ...(this.#chance(0.6) ? { volumes: [{ name: 'z', emptyDir: {} }, ...volumes] } : {}),
        ...(this.#chance(0.5) ? { nodeSelector: { k: '1', l: '2' } } : {}),
      },
    };
  }

  patch(): Json {
    const selectors = [{ $patch: 'replace', z: '9' }, { k: null, m: '3' }, null, {}];
    return {
      metadata: this.#chance(0.4) ? this.#finalizers() : {},
      spec: {
        ...(this.#chance(0.8) ? this.#containers() : {}),
        ...(this.#chance(0.4) ? { volumes: this.#some(['v', 'w', 'y']).map((name) => this.#retained(name)) } : {}),
        ...(this.#chance(0.4) ? { nodeSelector: selectors[below(this.#random, selectors.length)] } : {}),
      },
    };
  }

  #container(name: string): Json {
    const env = ['Z', ...this.#some(['A', 'B', 'C', 'D'])].map((key) => ({ name: key, value: this.#digit() }));
    return { name, image: `i:${this.#digit()}`, env, ...(this.#chance(0.3) ? { command: ['x', 'y'] } : {}) };
  }

  #containers(): Json {
    return this.#list('containers', { names: ['a', 'b', 'c', 'd', 'e', 'z'], deletes: true }, (name) => {
      // What a patch deletes inside an element that is new, Kubernetes would store: only `z`, which is never new, does so.
      const names = ['A', 'B', 'C', 'D', 'E', 'Z'];
      const env = this.#list('env', { names, deletes: name === 'z' }, (key) => ({ name: key, value: this.#digit() }));
      return { name, image: `n:${this.#digit()}`, ...(this.#chance(0.6) ? env : {}) };
    });
  }

  /** A list of a patch: changed, new and deleted elements, with or without the order of all. */
  #list(field: string, from: { names: string[]; deletes: boolean }, make: (name: string) => Json): Json {
    const changed = this.#some(from.names);
    const others = from.names.filter((name) => !changed.includes(name));
    const deleted = from.deletes && this.#chance(0.6) ? this.#some(others).slice(0, 2) : [];
    const elements = [...changed.map(make), ...deleted.map((name) => ({ name, $patch: 'delete' }))];
    if (!this.#chance(0.6)) return { [field]: elements };
    const order = [...changed, ...this.#some(others.filter((name) => !deleted.includes(name)))];
    return { [field]: elements, [`$setElementOrder/${field}`]: order.map((name) => ({ name })) };
  }

  #finalizers(): Json {
    const added = this.#some(['f/a', 'f/b', 'f/e']);
    const gone = ['f/c', 'f/d'].filter(() => this.#chance(0.5));
    const order = this.#chance(0.5) ? { '$setElementOrder/finalizers': [...added, 'f/z'] } : {};
    return { finalizers: added, '$deleteFromPrimitiveList/finalizers': gone, ...order };
  }

  #volume(name: string): Json {
    return { name, ...(this.#chance(0.5) ? { emptyDir: {} } : { hostPath: { path: `/${this.#digit()}` } }) };
  }

  #retained(name: string): Json {
    const volume = this.#volume(name);
    return { ...volume, $retainKeys: Object.keys(volume) };
  }

  /** Some of `all`, at least one where there is one, in any order. */
  #some(all: string[]): string[] {
    const rest = [...all];
    const count = Math.min(all.length, 1 + below(this.#random, all.length));
    return Array.from({ length: count }, () => rest.splice(below(this.#random, rest.length), 1)[0]!);
  }

  #chance(share: number): boolean {
    return this.#random.next() < share;
  }

  #digit(): string {
    return String(below(this.#random, 3));
  }
}
