import type { NetlinkMessage } from '../../../linux/netlink.ts';
import {
  addRule,
  addVerdict,
  DataType,
  deleteChain,
  deleteKeys,
  deleteSet,
  flushChain,
  newChain,
  newSet,
  SetFlag,
} from '../../../linux/nftables.ts';
import { Verdict } from '../../../linux/nftexpression.ts';
import type { ServicePortRules } from '../dataplane.ts';
import { EntryClaims } from './claims.ts';
import { chainRules, NO_OBJECTS, type ServiceObjects, sameChain, serviceObjects } from './serviceobjects.ts';
import { TABLE } from './table.ts';

export type ServiceRules = ReadonlyMap<string, readonly ServicePortRules[]>;

/**
 * What the kernel's table holds, and the messages that make it something else: only of what differs. `stage` changes
 * what is here ahead of the kernel; `commit` or `rollback` follows.
 */
export class Ruleset {
  readonly #services = new Map<string, readonly ServicePortRules[]>();
  readonly #claims = new EntryClaims();
  readonly #before = new Map<string, readonly ServicePortRules[]>();

  get services(): ReadonlyMap<string, readonly ServicePortRules[]> {
    return this.#services;
  }

  /** The messages for one atomic batch, in the order in which nothing is deleted that something still refers to. */
  stage(changes: ServiceRules): NetlinkMessage[] {
    const steps: Steps = { empty: [], create: [], fill: [], remove: [] };
    for (const [service, rules] of changes) {
      const previous = this.#services.get(service) ?? [];
      const before = previous.length > 0 ? serviceObjects(service, previous) : NO_OBJECTS;
      const after = rules.length > 0 ? serviceObjects(service, rules) : NO_OBJECTS;
      this.#before.set(service, previous);
      this.#set(service, rules);
      for (const entry of before.entries) this.#claims.release(entry);
      for (const entry of after.entries) this.#claims.claim(entry);
      compareSets(steps, before, after);
      compareChains(steps, before, after);
    }
    const { taken, given } = this.#entryMessages();
    return [...taken, ...steps.empty, ...steps.create, ...steps.fill, ...steps.remove, ...given];
  }

  commit(): void {
    this.#claims.commit();
    this.#before.clear();
  }

  rollback(): void {
    this.#claims.rollback();
    for (const [service, rules] of this.#before) this.#set(service, rules);
    this.#before.clear();
  }

  #set(service: string, rules: readonly ServicePortRules[]): void {
    if (rules.length === 0) this.#services.delete(service);
    else this.#services.set(service, rules);
  }

  #entryMessages(): { taken: NetlinkMessage[]; given: NetlinkMessage[] } {
    const taken: NetlinkMessage[] = [];
    const given: NetlinkMessage[] = [];
    for (const { map, key, before, after } of this.#claims.changes()) {
      if (before !== undefined) taken.push(deleteKeys(TABLE, map, [key]));
      if (after !== undefined) given.push(addVerdict(TABLE, map, { key, code: Verdict.goto, chain: after }));
    }
    return { taken, given };
  }
}

interface Steps {
  readonly empty: NetlinkMessage[];
  readonly create: NetlinkMessage[];
  readonly fill: NetlinkMessage[];
  readonly remove: NetlinkMessage[];
}

function compareSets(steps: Steps, before: ServiceObjects, after: ServiceObjects): void {
  const options = { key: [DataType.ipv4Address], flags: SetFlag.timeout | SetFlag.dynamic, timeoutMs: 10_800_000 };
  for (const set of after.affinitySets)
    if (!before.affinitySets.has(set)) steps.create.push(newSet(TABLE, set, options));
  for (const set of before.affinitySets) if (!after.affinitySets.has(set)) steps.remove.push(deleteSet(TABLE, set));
}

function compareChains(steps: Steps, before: ServiceObjects, after: ServiceObjects): void {
  for (const [chain, wanted] of after.chains) {
    const old = before.chains.get(chain);
    if (old && sameChain(old, wanted)) continue;
    if (old) steps.empty.push(flushChain(TABLE, chain));
    else steps.create.push(newChain(TABLE, chain));
    for (const rule of chainRules(wanted)) steps.fill.push(addRule(TABLE, chain, rule));
  }
  for (const chain of before.chains.keys()) {
    if (after.chains.has(chain)) continue;
    steps.empty.push(flushChain(TABLE, chain));
    steps.remove.push(deleteChain(TABLE, chain));
  }
}
