import { attributes, textOf } from './attribute.ts';
import { KernelError } from './kernelerror.ts';
import { check, libc } from './libc.ts';

export const NETLINK_ROUTE = 0;
export const NETLINK_SOCK_DIAG = 4;
export const NETLINK_NETFILTER = 12;

/** `NLM_F_*` of linux/netlink.h. */
export const Flag = {
  request: 1,
  ack: 4,
  dump: 0x300,
  excl: 0x200,
  create: 0x400,
  replace: 0x100,
  append: 0x800,
} as const;

/** One message: what follows the netlink header, and what it does in words for errors. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly body: Uint8Array;
  /** Completes "Cannot …". */
  readonly doing: string;
}

export interface NetlinkReply {
  readonly type: number;
  readonly body: Buffer;
}

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0o2000003;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const TYPE_ERROR = 2;
const TYPE_DONE = 3;
const ACK_HAS_TLVS = 0x200;
const ERROR_MESSAGE = 1;
const EIO = 5;
const EAGAIN = 11;
const EMSGSIZE = 90;

/** Calls are synchronous and bodies are copied out, so one buffer serves all sockets. */
let receiveBuffer: Buffer | undefined;

/**
 * One netlink socket. It stays in the network namespace it was opened in, whatever the thread does later.
 * The kernel works on a request inside `send` and has queued its answers when that returns, so nothing here waits.
 */
export class NetlinkSocket {
  readonly #fd: number;
  #sequence = 1;
  #closed = false;

  /** Opens in the calling thread's network namespace. Throws `KernelError`, `KernelAccessError`. */
  constructor(protocol: number) {
    this.#fd = check(libc().socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol), 'open a netlink socket');
    try {
      const address = Buffer.alloc(12);
      address.writeUInt16LE(AF_NETLINK);
      check(libc().bind(this.#fd, address, address.length), 'bind a netlink socket');
      this.#option(SOL_NETLINK, NETLINK_EXT_ACK, 1);
      this.#option(SOL_NETLINK, NETLINK_CAP_ACK, 1);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Asks for buffers of `bytes` and returns the longest datagram that can be sent with what was granted: without
   * privileges over the whole machine the kernel grants what net.core.wmem_max allows.
   */
  growBuffers(bytes: number): number {
    for (const [forced, plain] of [
      [SO_SNDBUFFORCE, SO_SNDBUF],
      [SO_RCVBUFFORCE, SO_RCVBUF],
    ] as const) {
      if (this.#setOption(SOL_SOCKET, forced, bytes) < 0) this.#option(SOL_SOCKET, plain, bytes);
    }
    const value = Buffer.alloc(4);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(4);
    check(libc().getsockopt(this.#fd, SOL_SOCKET, SO_SNDBUF, value, length), 'read a socket option');
    return value.readInt32LE() - 64;
  }

  /** Sends all messages as one datagram and takes one acknowledgement for each. Throws the first `KernelError`. */
  request(messages: readonly NetlinkMessage[]): void {
    const first = this.#sequence;
    this.#send(messages.map((message) => this.#encode(message, message.flags | Flag.request | Flag.ack)));
    let failure: KernelError | undefined;
    this.#receive(messages.length, (type, sequence, bytes, flags) => {
      if (type !== TYPE_ERROR) return false;
      failure ??= ackError(bytes, flags, messages[sequence - first]?.doing ?? 'use netlink');
      return true;
    });
    if (failure) throw failure;
  }

  /** Sends one message and returns the parts of the answer. */
  dump(message: NetlinkMessage): NetlinkReply[] {
    const replies: NetlinkReply[] = [];
    this.each(message, (type, body) => {
      replies.push({ type, body: Buffer.from(body) });
    });
    return replies;
  }

  /** Like `dump`, calling `visit` for each part. `body` is valid only during the call. */
  each(message: NetlinkMessage, visit: (type: number, body: Buffer) => void): void {
    const sequence = this.#sequence;
    this.#send([this.#encode(message, message.flags | Flag.request | Flag.dump)]);
    let failure: KernelError | undefined;
    this.#receive(1, (type, replyTo, bytes, flags) => {
      if (replyTo !== sequence) return false;
      if (type === TYPE_DONE) return true;
      if (type === TYPE_ERROR) {
        failure = ackError(bytes, flags, message.doing);
        return true;
      }
      visit(type, bytes);
      return false;
    });
    if (failure) throw failure;
  }

  /**
   * Sends `messages` between `begin` and `end` as one atomic batch; the last one asks for the acknowledgement. Throws
   * `KernelError` for the first message that was refused, in which case the kernel did nothing.
   */
  transaction(begin: NetlinkMessage, messages: readonly NetlinkMessage[], end: NetlinkMessage): void {
    const last = messages.length - 1;
    const parts = [this.#encode(begin, Flag.request)];
    const first = this.#sequence;
    for (const [index, message] of messages.entries()) {
      parts.push(this.#encode(message, message.flags | Flag.request | (index === last ? Flag.ack : 0)));
    }
    parts.push(this.#encode(end, Flag.request));
    this.#send(parts);
    let failure: KernelError | undefined;
    this.#receive(1, (type, sequence, bytes, flags) => {
      if (type !== TYPE_ERROR) return false;
      const doing = messages[sequence - first]?.doing ?? 'commit the batch';
      failure ??= ackError(bytes, flags, doing);
      return failure !== undefined || sequence === first + last;
    });
    this.#drain();
    if (failure) throw failure;
  }

  /** Like `request` with one message, but the kernel's work is done on another thread. One at a time. */
  async requestAsync(message: NetlinkMessage): Promise<void> {
    const data = this.#encode(message, message.flags | Flag.request | Flag.ack);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    libc().send.async(this.#fd, data, data.length, 0, (error, result) => (error ? reject(error) : resolve(result)));
    // The errno of a call on another thread is lost, but netlink reports what the kernel thinks of the request below.
    if ((await promise) < 0) throw new KernelError(message.doing, EIO, 'the request was not sent');
    let failure: KernelError | undefined;
    this.#receive(1, (type, _sequence, bytes, flags) => {
      if (type !== TYPE_ERROR) return false;
      failure = ackError(bytes, flags, message.doing);
      return true;
    });
    if (failure) throw failure;
  }

  /** Closing twice does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libc().close(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #encode(message: NetlinkMessage, flags: number): Buffer {
    const length = 16 + message.body.length;
    const out = Buffer.allocUnsafe(length);
    out.writeUInt32LE(length, 0);
    out.writeUInt16LE(message.type, 4);
    out.writeUInt16LE(flags, 6);
    out.writeUInt32LE(this.#sequence++, 8);
    out.writeUInt32LE(0, 12);
    out.set(message.body, 16);
    return out;
  }

  #send(parts: readonly Buffer[]): void {
    const data = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    check(libc().send(this.#fd, data, data.length, 0), 'send to the kernel');
  }

  /** Hands each message to `visit` until it has said true `count` times. */
  #receive(count: number, visit: (type: number, sequence: number, body: Buffer, flags: number) => boolean): void {
    for (let left = count; left > 0; ) {
      const data = this.#read();
      if (!data) throw new KernelError('read an answer of the kernel', EAGAIN, 'it sent none');
      for (let offset = 0; offset + 16 <= data.length; ) {
        const length = data.readUInt32LE(offset);
        const body = data.subarray(offset + 16, offset + length);
        const flags = data.readUInt16LE(offset + 6);
        if (visit(data.readUInt16LE(offset + 4), data.readUInt32LE(offset + 8), body, flags)) left--;
        offset += (length + 3) & ~3;
      }
    }
  }

  /** Throws away what else the kernel says about a refused batch: one error for each message that it looked at. */
  #drain(): void {
    while (this.#read()) {}
  }

  #read(): Buffer | undefined {
    receiveBuffer ??= Buffer.alloc(256 * 1024);
    const length = libc().recv(this.#fd, receiveBuffer, receiveBuffer.length, MSG_DONTWAIT | MSG_TRUNC);
    if (length < 0 && libc().errno() === EAGAIN) return undefined;
    check(length, 'read an answer of the kernel');
    if (length > receiveBuffer.length) throw new KernelError('read an answer of the kernel', EMSGSIZE);
    return receiveBuffer.subarray(0, length);
  }

  #option(level: number, option: number, value: number): void {
    check(this.#setOption(level, option, value), 'set a socket option');
  }

  #setOption(level: number, option: number, value: number): number {
    return libc().setsockopt(this.#fd, level, option, Buffer.from(Int32Array.of(value).buffer), 4);
  }
}

function ackError(body: Buffer, flags: number, doing: string): KernelError | undefined {
  const errno = -body.readInt32LE(0);
  if (errno === 0) return undefined;
  const message = flags & ACK_HAS_TLVS ? attributes(body.subarray(20)).get(ERROR_MESSAGE) : undefined;
  return new KernelError(doing, errno, message ? textOf(message) : '');
}
