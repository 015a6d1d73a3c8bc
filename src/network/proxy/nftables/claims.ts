import type { MapEntry } from './serviceobjects.ts';

/** One element of a map of verdicts, before and after a change; undefined: not there. */
export interface EntryChange {
  readonly map: string;
  readonly key: Buffer;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

interface Claim {
  readonly map: string;
  readonly key: Buffer;
  readonly chains: readonly string[];
}

/**
 * Who may have which address and port. Two services can name the same one (external addresses are the users' own): the
 * one that came first has it, and the next gets it when the first lets go.
 */
export class EntryClaims {
  readonly #claims = new Map<string, Claim>();
  /** What touched keys were before the change under way. */
  readonly #before = new Map<string, Claim>();

  claim(entry: MapEntry): void {
    this.#update(entry, (chains) => (chains.includes(entry.chain) ? chains : [...chains, entry.chain]));
  }

  release(entry: MapEntry): void {
    this.#update(entry, (chains) => chains.filter((chain) => chain !== entry.chain));
  }

  /** The elements that are different from before the change under way. */
  changes(): EntryChange[] {
    const changed: EntryChange[] = [];
    for (const [id, { map, key, chains }] of this.#before) {
      const after = this.#claims.get(id)?.chains[0];
      if (after !== chains[0]) changed.push({ map, key, before: chains[0], after });
    }
    return changed;
  }

  /** The change under way is in the kernel. */
  commit(): void {
    this.#before.clear();
  }

  /** The change under way did not happen. */
  rollback(): void {
    for (const [id, claim] of this.#before) this.#set(id, claim);
    this.#before.clear();
  }

  #update(entry: MapEntry, change: (chains: readonly string[]) => readonly string[]): void {
    const { map, key } = entry;
    const id = `${map} ${key.toString('latin1')}`;
    const claim = this.#claims.get(id) ?? { map, key, chains: [] };
    if (!this.#before.has(id)) this.#before.set(id, claim);
    this.#set(id, { map, key, chains: change(claim.chains) });
  }

  #set(id: string, claim: Claim): void {
    if (claim.chains.length === 0) this.#claims.delete(id);
    else this.#claims.set(id, claim);
  }
}
