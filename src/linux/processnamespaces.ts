import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { assert } from '../base/assert.ts';

const CLONE_NEWUTS = 0x04000000;
const CLONE_NEWIPC = 0x08000000;
const CLONE_NEWPID = 0x20000000;
const CLONE_NEWNET = 0x40000000;
const O_CLOEXEC = 0o2000000;
const MNT_DETACH = 2;

const libc = koffi.load(null);
const setns = libc.func('int setns(int, int)');
const unshare = libc.func('int unshare(int)');
const sethostname = libc.func('int sethostname(const char *, size_t)');
const pipe2 = libc.func('int pipe2(_Out_ int *, int)');
const mount = libc.func('int mount(const char *, const char *, const char *, unsigned long, const char *)');
const umount2 = libc.func('int umount2(const char *, int)');

const KINDS = { net: CLONE_NEWNET, uts: CLONE_NEWUTS, ipc: CLONE_NEWIPC, pid: CLONE_NEWPID } as const;
type Kind = keyof typeof KINDS;

/** What a system call refused; `errno` is the kernel's number. */
export class NamespaceError extends Error {
  override readonly name = 'NamespaceError';
  readonly errno: number;
  constructor(call: string, errno: number) {
    super(`${call} failed: errno ${errno}`);
    this.errno = errno;
  }
}

/** Namespaces to start a process in, as open file descriptors; `pid: 'new'` makes the next child pid 1 of a new one. */
export interface ProcessNamespaces {
  readonly net?: number;
  readonly uts?: number;
  readonly ipc?: number;
  readonly pid?: number | 'new';
}

/**
 * The namespaces of the thread that made it, and the way into others and back. A thread that is in another pid namespace
 * cannot make threads, and a library that makes one in another network namespace would keep it there: so everything
 * between entering and leaving is one synchronous function, which must not use libuv's thread pool.
 */
export class NamespaceHome {
  readonly #home: Record<Kind, number>;

  constructor() {
    this.#home = { net: openOwn('net'), pid: openOwn('pid'), uts: openOwn('uts'), ipc: openOwn('ipc') };
    if (setns(this.#home.uts, CLONE_NEWUTS) === 0) return;
    // Inside a user namespace the inherited uts and ipc belong to somebody else and there is no way back into them:
    // this thread moves to a pair of its own, once.
    check(unshare(CLONE_NEWUTS | CLONE_NEWIPC), 'unshare(uts, ipc)');
    for (const kind of ['uts', 'ipc'] as const) {
      closeSync(this.#home[kind]);
      this.#home[kind] = openOwn(kind);
    }
  }

  /** Runs `work` with this thread (network, uts, ipc) and its next children (pid) in `into`; always comes back. */
  inside<T>(into: ProcessNamespaces, work: () => T): T {
    const entered: Kind[] = [];
    try {
      for (const kind of ['net', 'uts', 'ipc', 'pid'] as const) {
        const target = into[kind];
        if (target === undefined) continue;
        check(target === 'new' ? unshare(KINDS[kind]) : setns(target, KINDS[kind]), `entering the ${kind} namespace`);
        entered.push(kind);
      }
      return work();
    } finally {
      for (const kind of entered.reverse()) this.#goHome(kind);
    }
  }

  /** A new uts namespace with `hostname` and a new ipc namespace. They live as long as the descriptors are open. */
  newUtsAndIpc(hostname: string): { uts: number; ipc: number } {
    check(unshare(CLONE_NEWUTS | CLONE_NEWIPC), 'unshare(uts, ipc)');
    try {
      check(sethostname(hostname, Buffer.byteLength(hostname)), 'sethostname');
      return { uts: openOwn('uts'), ipc: openOwn('ipc') };
    } finally {
      this.#goHome('uts');
      this.#goHome('ipc');
    }
  }

  close(): void {
    for (const fd of Object.values(this.#home)) closeSync(fd);
  }

  #goHome(kind: Kind): void {
    assert(setns(this.#home[kind], KINDS[kind]) === 0, `the thread can return to its own ${kind} namespace`);
  }
}

/** A pipe whose both ends are closed on exec: `[read, write]`. Unlike a socket, `/dev/stdout` can be opened on it. */
export function openPipe(): readonly [number, number] {
  const ends = [0, 0];
  check(pipe2(ends, O_CLOEXEC), 'pipe2');
  return [ends[0]!, ends[1]!];
}

/** Mounts an empty tmpfs on the directory `path`. */
export function mountTmpfs(path: string): void {
  check(mount('tmpfs', path, 'tmpfs', 0, 'mode=755'), `mount tmpfs on ${path}`);
}

/** Takes the mount at `path` out of sight at once; the kernel frees it when nothing uses it any more. */
export function detachMount(path: string): void {
  check(umount2(path, MNT_DETACH), `umount ${path}`);
}

function openOwn(kind: Kind): number {
  return openSync(`/proc/thread-self/ns/${kind}`, 'r');
}

function check(result: number, call: string): void {
  if (result < 0) throw new NamespaceError(call, koffi.errno());
}
