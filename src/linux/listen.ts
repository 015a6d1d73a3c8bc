import { closeSync } from 'node:fs';
import { ipv4Bytes } from './ipv4.ts';
import { check, libc } from './libc.ts';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK_CLOEXEC = 0o2004000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;

export interface ListenOptions {
  /** Address to serve on; `0.0.0.0` for all. */
  readonly ip: string;
  readonly port: number;
  /** Connections that may wait to be accepted. */
  readonly backlog?: number;
}

/**
 * A listening TCP socket in the calling thread's network namespace, for `server.listen({ fd })`, which owns it from then
 * on. Node's own `listen` makes its socket later, when the thread is back. Throws `KernelError` (`EADDRINUSE`).
 */
export function listenTcp(options: ListenOptions): number {
  return boundSocket(SOCK_STREAM, options, (fd) => {
    check(libc().listen(fd, options.backlog ?? 511), `listen on ${options.ip}:${options.port}`);
  });
}

/** A bound UDP socket in the calling thread's network namespace, for `socket.bind({ fd })` of node:dgram. */
export function bindUdp(options: ListenOptions): number {
  return boundSocket(SOCK_DGRAM, options, () => {});
}

function boundSocket(type: number, options: ListenOptions, finish: (fd: number) => void): number {
  const fd = check(libc().socket(AF_INET, type | SOCK_NONBLOCK_CLOEXEC, 0), 'open a socket');
  try {
    const reuse = Buffer.from(Int32Array.of(1).buffer);
    if (type === SOCK_STREAM) check(libc().setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, reuse, 4), 'set a socket option');
    const address = Buffer.alloc(16);
    address.writeUInt16LE(AF_INET, 0);
    address.writeUInt16BE(options.port, 2);
    address.set(ipv4Bytes(options.ip), 4);
    check(libc().bind(fd, address, address.length), `bind ${options.ip}:${options.port}`);
    finish(fd);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
