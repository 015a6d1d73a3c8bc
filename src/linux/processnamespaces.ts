import { closeSync, openSync, stat } from 'node:fs';
import { endianness } from 'node:os';
import { assert } from '../base/assert.ts';
import { check, libc } from './libc.ts';

const CLONE_NEWUTS = 0x04000000;
const CLONE_NEWIPC = 0x08000000;
const CLONE_NEWPID = 0x20000000;
const CLONE_NEWNET = 0x40000000;
const O_CLOEXEC = 0o2000000;
const MNT_DETACH = 2;

const KINDS = { net: CLONE_NEWNET, uts: CLONE_NEWUTS, ipc: CLONE_NEWIPC, pid: CLONE_NEWPID } as const;
type Kind = keyof typeof KINDS;

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
    // Threads inherit the namespaces of their maker, and libuv makes its pool at the first use: use it before leaving.
    stat('/', () => {});
    if (libc().setns(this.#home.uts, CLONE_NEWUTS) === 0) return;
    // Inside a user namespace the inherited uts and ipc belong to somebody else and there is no way back into them:
    // this thread moves to a pair of its own, once.
    check(libc().unshare(CLONE_NEWUTS | CLONE_NEWIPC), 'make uts and ipc namespaces');
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
        const result = target === 'new' ? libc().unshare(KINDS[kind]) : libc().setns(target, KINDS[kind]);
        check(result, `enter the ${kind} namespace`);
        entered.push(kind);
      }
      return work();
    } finally {
      for (const kind of entered.reverse()) this.#goHome(kind);
    }
  }

  /** A new uts namespace with `hostname` and a new ipc namespace. They live as long as the descriptors are open. */
  newUtsAndIpc(hostname: string): { uts: number; ipc: number } {
    check(libc().unshare(CLONE_NEWUTS | CLONE_NEWIPC), 'make uts and ipc namespaces');
    try {
      check(libc().sethostname(hostname, Buffer.byteLength(hostname)), 'set the hostname');
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
    assert(libc().setns(this.#home[kind], KINDS[kind]) === 0, `the thread can return to its own ${kind} namespace`);
  }
}

/** A pipe whose both ends are closed on exec: `[read, write]`. Unlike a socket, `/dev/stdout` can be opened on it. */
export function openPipe(): readonly [number, number] {
  const ends = new DataView(new ArrayBuffer(8));
  check(libc().pipe2(new Uint8Array(ends.buffer), O_CLOEXEC), 'make a pipe');
  const little = endianness() === 'LE';
  return [ends.getInt32(0, little), ends.getInt32(4, little)];
}

/** Mounts an empty tmpfs on the directory `path`. */
export function mountTmpfs(path: string): void {
  check(libc().mount('tmpfs', path, 'tmpfs', 0, 'mode=755'), `mount a tmpfs on ${path}`);
}

/** Takes the mount at `path` out of sight at once; the kernel frees it when nothing uses it any more. */
export function detachMount(path: string): void {
  check(libc().umount2(path, MNT_DETACH), `unmount ${path}`);
}

function openOwn(kind: Kind): number {
  return openSync(`/proc/thread-self/ns/${kind}`, 'r');
}
