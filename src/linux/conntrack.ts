import { attribute, attributes, be32, nested, u32 } from './attribute.ts';
import { ipv4Bytes } from './ipv4.ts';
import { isKernelError } from './kernelerror.ts';
import { Flag, NETLINK_NETFILTER, type NetlinkMessage, NetlinkSocket } from './netlink.ts';
import { CtStatus } from './nftexpression.ts';

const SUBSYSTEM = 1 << 8;
const Msg = { get: 1, delete: 2 } as const;
const Cta = { original: 1, reply: 2, status: 3, id: 12, zone: 18, filter: 25, statusMask: 26 } as const;
const TUPLE_IP = 1;
const TUPLE_PROTO = 2;
const IP_V4_SRC = 1;
const PROTO_NUMBER = 1;
/** CTA_FILTER's flags for "compare the source address", "compare the protocol". */
const FILTER_SOURCE = 1;
const FILTER_PROTOCOL = 1 << 3;

export interface ConntrackSelection {
  /** Address that answers: where a translated connection really leads. */
  readonly replySource: string;
  /** Only connections of this IP protocol. */
  readonly protocol?: number;
  /** Only connections that were never answered. */
  readonly unreplied?: boolean;
}

/**
 * Deletes entries of connection tracking in the network namespace it was opened in. Where the kernel cannot select by
 * itself (before 6.8), entries are listed and deleted one by one.
 */
export class Conntrack {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER);
  /** Only for requests on another thread, so that no answer is taken for that of another. */
  readonly #background = new NetlinkSocket(NETLINK_NETFILTER);
  #kernelSelects: boolean;
  #closed = false;
  #last: Promise<void> = Promise.resolve();

  constructor(options: { kernelSelects?: boolean } = {}) {
    this.#socket.growBuffers(4 * 1024 * 1024);
    this.#kernelSelects = options.kernelSelects ?? true;
  }

  /** Resolves when the selected entries are gone; the event loop goes on meanwhile. Calls are done one after another. */
  delete(selection: ConntrackSelection): Promise<void> {
    const done = this.#last.then(() => this.#delete(selection));
    this.#last = done.catch(() => {});
    return done;
  }

  /** The same on the calling thread, done when it returns. */
  deleteNow(selection: ConntrackSelection): void {
    if (this.#kernelSelects) {
      try {
        this.#socket.request([deleteSelected(selection)]);
        return;
      } catch (error) {
        if (this.#isDone(error)) return;
      }
    }
    this.#deleteEach(selection);
  }

  /** How many entries are selected. Lists the whole table: for tests and diagnosis. */
  count(selection: ConntrackSelection): number {
    let count = 0;
    this.#each(selection, () => count++);
    return count;
  }

  /** Waits for what is under way before its socket is closed. */
  close(): void {
    this.#closed = true;
    this.#socket.close();
    void this.#last.then(() => this.#background.close());
  }

  /** True when nothing was selected, false when this kernel cannot select by itself. */
  #isDone(error: unknown): boolean {
    if (isKernelError(error, 'ENOENT')) return true;
    if (!isKernelError(error, 'EOPNOTSUPP', 'EINVAL')) throw error;
    this.#kernelSelects = false;
    return false;
  }

  async #delete(selection: ConntrackSelection): Promise<void> {
    if (this.#kernelSelects) {
      const failure = await this.#background
        .requestAsync(deleteSelected(selection))
        .catch((error: unknown) => ({ error }));
      if (!failure || this.#isDone(failure.error)) return;
    }
    if (!this.#closed) this.#deleteEach(selection);
  }

  #deleteEach(selection: ConntrackSelection): void {
    const found: NetlinkMessage[] = [];
    this.#each(selection, (fields) => {
      const parts = [nested(Cta.original, fields.get(Cta.original)!)];
      for (const type of [Cta.id, Cta.zone]) if (fields.has(type)) parts.push(attribute(type, fields.get(type)!));
      found.push(message(Msg.delete, parts));
    });
    for (const entry of found) {
      try {
        this.#socket.request([entry]);
      } catch (error) {
        // It ended by itself in the meantime.
        if (!isKernelError(error, 'ENOENT')) throw error;
      }
    }
  }

  #each(selection: ConntrackSelection, visit: (fields: Map<number, Buffer>) => void): void {
    this.#socket.each(message(Msg.get, []), (_type, body) => {
      const fields = attributes(Buffer.from(body.subarray(4)));
      if (matches(fields, selection)) visit(fields);
    });
  }
}

function matches(fields: Map<number, Buffer>, selection: ConntrackSelection): boolean {
  const reply = attributes(fields.get(Cta.reply)!);
  const source = attributes(reply.get(TUPLE_IP)!).get(IP_V4_SRC);
  if (!source?.equals(ipv4Bytes(selection.replySource))) return false;
  const protocol = attributes(reply.get(TUPLE_PROTO)!).get(PROTO_NUMBER)![0];
  if (selection.protocol !== undefined && protocol !== selection.protocol) return false;
  const status = fields.get(Cta.status)!.readUInt32BE();
  return !selection.unreplied || (status & CtStatus.seenReply) === 0;
}

function deleteSelected(selection: ConntrackSelection): NetlinkMessage {
  const { protocol } = selection;
  const tuple = [nested(TUPLE_IP, attribute(IP_V4_SRC, ipv4Bytes(selection.replySource)))];
  if (protocol !== undefined) tuple.push(nested(TUPLE_PROTO, attribute(PROTO_NUMBER, Buffer.from([protocol]))));
  const compared = FILTER_SOURCE | (protocol === undefined ? 0 : FILTER_PROTOCOL);
  const parts = [nested(Cta.reply, ...tuple), nested(Cta.filter, attribute(1, u32(0)), attribute(2, u32(compared)))];
  if (selection.unreplied) {
    parts.push(attribute(Cta.status, be32(0)), attribute(Cta.statusMask, be32(CtStatus.seenReply)));
  }
  return message(Msg.delete, parts);
}

function message(type: number, parts: readonly Buffer[]): NetlinkMessage {
  const header = Buffer.from([2, 1, 0, 0]);
  return {
    type: SUBSYSTEM | type,
    flags: type === Msg.delete ? Flag.ack : 0,
    body: Buffer.concat([header, ...parts]),
    doing: type === Msg.delete ? 'forget tracked connections' : 'list tracked connections',
  };
}
