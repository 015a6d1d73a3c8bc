import { attribute, attributes, be32, be64, nested, text, textOf } from './attribute.ts';
import { isKernelError } from './kernelerror.ts';
import { Flag, NETLINK_NETFILTER, type NetlinkMessage, NetlinkSocket } from './netlink.ts';
import { type Expression, verdictData } from './nftexpression.ts';

/** Messages of nf_tables (family ip), sent as atomic batches by `NftablesSocket`. Numbers: linux/netfilter/nf_tables.h. */

const SUBSYSTEM = 10 << 8;
const NFPROTO_IPV4 = 2;
const Msg = {
  newTable: 0,
  delTable: 2,
  newChain: 3,
  getChain: 4,
  delChain: 5,
  newRule: 6,
  getRule: 7,
  delRule: 8,
  newSet: 9,
  delSet: 11,
  newElement: 12,
  getElement: 13,
  delElement: 14,
} as const;
const BATCH_BEGIN = 16;
const BATCH_END = 17;
const SEND_BUFFER_BYTES = 2 * 1024 * 1024;
const VERDICT_TYPE = 0xffffff00;

/** Data types as nft(8) numbers them, so that it can show what is here. */
export const DataType = { ipv4Address: 7, protocol: 12, service: 13 } as const;
const DATA_TYPE_BITS = 6;
export const SetFlag = { map: 0x8, timeout: 0x10, dynamic: 0x20 } as const;
/** Netfilter hooks of linux/netfilter.h. */
export const Hook = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

export interface BaseChain {
  readonly type: 'nat' | 'filter';
  readonly hook: number;
  readonly priority: number;
}

/** A socket for nf_tables in the network namespace it was opened in. */
export class NftablesSocket {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER);
  /** Longest batch that can be sent in one piece. */
  readonly batchBytesMax: number;

  constructor() {
    this.batchBytesMax = this.#socket.growBuffers(SEND_BUFFER_BYTES);
  }

  /** All of `messages` or, with a `KernelError` for the first one refused, nothing. Returns when the rules are in force. */
  commit(messages: readonly NetlinkMessage[]): void {
    if (messages.length === 0) return;
    this.#socket.transaction(batchMark(BATCH_BEGIN), messages, batchMark(BATCH_END));
  }

  /** The chains of a table with the kernel's number for each of their rules, which a rule keeps while it exists. */
  chains(table: string): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (const fields of this.#list(Msg.getChain, table, 'list the chains')) {
      if (textOf(fields.get(1)!) === table) found.set(textOf(fields.get(3)!), []);
    }
    for (const fields of this.#list(Msg.getRule, table, 'list the rules')) {
      if (textOf(fields.get(1)!) === table)
        found.get(textOf(fields.get(2)!))?.push(Number(fields.get(3)!.readBigUInt64BE()));
    }
    return found;
  }

  /** How many elements a set or map holds. */
  elementCount(table: string, set: string): number {
    const body = Buffer.concat([header(), attribute(1, text(table)), attribute(2, text(set))]);
    const parts = this.#socket.dump({ type: SUBSYSTEM | Msg.getElement, flags: 0, body, doing: `list the set ${set}` });
    return parts.reduce((sum, part) => sum + elementsIn(part.body), 0);
  }

  close(): void {
    this.#socket.close();
  }

  #list(type: number, table: string, doing: string): Map<number, Buffer>[] {
    const message = {
      type: SUBSYSTEM | type,
      flags: 0,
      body: Buffer.concat([header(), attribute(1, text(table))]),
      doing,
    };
    try {
      return this.#socket.dump(message).map(({ body }) => attributes(body.subarray(4)));
    } catch (error) {
      if (isKernelError(error, 'ENOENT')) return [];
      throw error;
    }
  }
}

function elementsIn(body: Buffer): number {
  const list = attributes(body.subarray(4)).get(3);
  if (!list) return 0;
  let count = 0;
  for (let offset = 0; offset < list.length; offset += (list.readUInt16LE(offset) + 3) & ~3) count++;
  return count;
}

/** With `exclusive`, `EEXIST` when there is one already. */
export function newTable(table: string, options: { exclusive?: boolean } = {}): NetlinkMessage {
  const flags = Flag.create | (options.exclusive ? Flag.excl : 0);
  return message(Msg.newTable, `make the table ${table}`, { flags, parts: [attribute(1, text(table))] });
}

export function deleteTable(table: string): NetlinkMessage {
  return message(Msg.delTable, `delete the table ${table}`, { parts: [attribute(1, text(table))] });
}

/** A chain; with `base`, one that the kernel calls at a hook and that accepts what no rule decides. */
export function newChain(table: string, chain: string, base?: BaseChain): NetlinkMessage {
  const parts = [attribute(1, text(table)), attribute(3, text(chain))];
  if (base) {
    parts.push(nested(4, attribute(1, be32(base.hook)), attribute(2, be32(base.priority))));
    parts.push(attribute(5, be32(1)), attribute(7, text(base.type)));
  }
  return message(Msg.newChain, `make the chain ${chain}`, { flags: Flag.create, parts });
}

/** Deletes a chain that has no rules and that nothing goes to. */
export function deleteChain(table: string, chain: string): NetlinkMessage {
  return message(Msg.delChain, `delete the chain ${chain}`, {
    parts: [attribute(1, text(table)), attribute(3, text(chain))],
  });
}

/** Deletes all rules of a chain. */
export function flushChain(table: string, chain: string): NetlinkMessage {
  return message(Msg.delRule, `empty the chain ${chain}`, {
    parts: [attribute(1, text(table)), attribute(2, text(chain))],
  });
}

/** Adds a rule at the end of a chain. */
export function addRule(table: string, chain: string, expressions: readonly Expression[]): NetlinkMessage {
  return message(Msg.newRule, `add a rule to the chain ${chain}`, {
    flags: Flag.create | Flag.append,
    parts: [attribute(1, text(table)), attribute(2, text(chain)), nested(4, ...expressions)],
  });
}

export interface SetOptions {
  /** Types of the parts of a key; each takes 4 bytes. */
  readonly key: readonly number[];
  /** `SetFlag` bits; with `map`, elements lead to verdicts. */
  readonly flags?: number;
  /** For `SetFlag.timeout`: how long an element lasts when nothing else is said. */
  readonly timeoutMs?: number;
}

let setNumber = 0;

export function newSet(table: string, set: string, options: SetOptions): NetlinkMessage {
  const flags = options.flags ?? 0;
  const parts = [
    attribute(1, text(table)),
    attribute(2, text(set)),
    attribute(3, be32(flags)),
    attribute(4, be32(options.key.reduce((type, part) => (type << DATA_TYPE_BITS) | part, 0))),
    attribute(5, be32(options.key.length * 4)),
    attribute(10, be32(++setNumber)),
  ];
  if (flags & SetFlag.map) parts.push(attribute(6, be32(VERDICT_TYPE)), attribute(7, be32(0)));
  if (options.timeoutMs !== undefined) parts.push(attribute(11, be64(options.timeoutMs)));
  return message(Msg.newSet, `make the set ${set}`, { flags: Flag.create, parts });
}

export function deleteSet(table: string, set: string): NetlinkMessage {
  return message(Msg.delSet, `delete the set ${set}`, { parts: [attribute(1, text(table)), attribute(2, text(set))] });
}

/** Adds keys to a set. */
export function addKeys(table: string, set: string, keys: readonly Uint8Array[]): NetlinkMessage {
  return elements(Msg.newElement, { table, set, doing: 'add to', elements: keys.map((key) => [elementKey(key)]) });
}

/** Makes a key of a map of verdicts lead to a chain. */
export function addVerdict(
  table: string,
  map: string,
  options: { key: Uint8Array; code: number; chain: string },
): NetlinkMessage {
  const data = nested(2, verdictData(options.code, options.chain));
  return elements(Msg.newElement, { table, set: map, doing: 'add to', elements: [[elementKey(options.key), data]] });
}

/** Takes keys out of a set or map. */
export function deleteKeys(table: string, set: string, keys: readonly Uint8Array[]): NetlinkMessage {
  return elements(Msg.delElement, { table, set, doing: 'take from', elements: keys.map((key) => [elementKey(key)]) });
}

function elementKey(key: Uint8Array): Buffer {
  return nested(1, attribute(1, key));
}

function elements(
  type: number,
  options: { table: string; set: string; doing: string; elements: readonly (readonly Buffer[])[] },
): NetlinkMessage {
  const list = options.elements.map((parts) => nested(1, ...parts));
  return message(type, `${options.doing} the set ${options.set}`, {
    flags: type === Msg.newElement ? Flag.create : 0,
    parts: [attribute(1, text(options.table)), attribute(2, text(options.set)), nested(3, ...list)],
  });
}

function message(type: number, doing: string, options: { flags?: number; parts: readonly Buffer[] }): NetlinkMessage {
  return {
    type: SUBSYSTEM | type,
    flags: options.flags ?? 0,
    body: Buffer.concat([header(), ...options.parts]),
    doing,
  };
}

/** `struct nfgenmsg`. */
function header(): Buffer {
  return Buffer.from([NFPROTO_IPV4, 0, 0, 0]);
}

function batchMark(type: number): NetlinkMessage {
  return { type, flags: 0, body: Buffer.from([0, 0, 0, SUBSYSTEM >> 8]), doing: 'send a batch' };
}
