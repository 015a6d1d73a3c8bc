import { createRequire } from 'node:module';
import { KernelAccessError, KernelError } from './kernelerror.ts';

/**
 * The C library's calls that Node has no name for. The only file that loads koffi, and only at the first call, so that
 * programs that never come here run where koffi cannot. All calls run on the calling thread and do not yield.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  send: AsyncCall<[fd: number, data: Uint8Array, length: number, flags: number]>;
  recv(fd: number, data: Uint8Array, length: number, flags: number): number;
  close(fd: number): number;
  setns(fd: number, kind: number): number;
  unshare(flags: number): number;
  sethostname(name: string, length: number): number;
  pipe2(ends: Uint8Array, flags: number): number;
  mount(source: string, target: string, type: string, flags: number, data: string): number;
  umount2(target: string, flags: number): number;
  errno(): number;
}

interface AsyncCall<Arguments extends unknown[]> {
  (...args: Arguments): number;
  /** The same on a thread of koffi's own; `done` is called from the event loop. */
  async(...args: [...Arguments, done: (error: unknown, result: number) => void]): void;
}

const SIGNATURES = {
  socket: 'int socket(int, int, int)',
  bind: 'int bind(int, void *, uint)',
  listen: 'int listen(int, int)',
  setsockopt: 'int setsockopt(int, int, int, void *, uint)',
  getsockopt: 'int getsockopt(int, int, int, void *, void *)',
  send: 'long send(int, void *, ulong, int)',
  recv: 'long recv(int, void *, ulong, int)',
  close: 'int close(int)',
  setns: 'int setns(int, int)',
  unshare: 'int unshare(int)',
  sethostname: 'int sethostname(const char *, ulong)',
  pipe2: 'int pipe2(void *, int)',
  mount: 'int mount(const char *, const char *, const char *, ulong, const char *)',
  umount2: 'int umount2(const char *, int)',
} as const satisfies Record<Exclude<keyof Libc, 'errno'>, string>;

let loaded: Libc | undefined;

/** Throws `KernelAccessError` where koffi has no build for this machine or this is not Linux. */
export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

/** Throws `KernelError` with the current errno when a call answered with less than 0. */
export function check(result: number, doing: string): number {
  if (result < 0) throw new KernelError(doing, libc().errno());
  return result;
}

function load(): Libc {
  if (process.platform !== 'linux') {
    throw new KernelAccessError(`Cannot speak to the kernel: this is ${process.platform}, need Linux`);
  }
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    // Symbols of the running program: its own C library, whether glibc or musl.
    const program = koffi.load(null);
    const calls = Object.entries(SIGNATURES).map(([name, signature]) => [name, program.func(signature)]);
    return { ...Object.fromEntries(calls), errno: () => koffi.errno() };
  } catch (cause) {
    const state = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    const need = `need the package koffi with its part for ${process.platform}-${process.arch} (npm ci)`;
    throw new KernelAccessError(`Cannot speak to the kernel: koffi did not load (${state}), ${need}`, { cause });
  }
}
