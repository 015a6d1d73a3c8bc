import { closeSync, openSync, stat } from 'node:fs';
import { AssertionError } from '../base/assert.ts';
import { KernelAccessError } from './kernelerror.ts';
import { check, libc } from './libc.ts';

const CLONE_NEWNET = 0x40000000;
const EPERM = 1;

/** A network namespace, kept alive by an open file alone: no process and no mount is needed. */
export interface NetworkNamespace {
  readonly fd: number;
  /** What any process that shares this one's /proc may open to enter it. */
  readonly path: string;
  /** Lets go of it. The kernel takes it apart, in its own time, when nothing else holds it. Twice does nothing. */
  close(): void;
}

/** The network namespace that the calling thread is in. */
export function currentNetworkNamespace(): NetworkNamespace {
  return openNetworkNamespace('/proc/thread-self/ns/net');
}

/** Opens one by its path. Throws Node's `ENOENT` error and the like. */
export function openNetworkNamespace(path: string): NetworkNamespace {
  const fd = openSync(path, 'r');
  let open = true;
  return {
    fd,
    path: `/proc/${process.pid}/fd/${fd}`,
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/**
 * Makes an empty one; the calling thread stays where it is. Throws `KernelAccessError` without the permission.
 */
export function createNetworkNamespace(): NetworkNamespace {
  const home = currentNetworkNamespace();
  startThreadPool();
  try {
    if (libc().unshare(CLONE_NEWNET) < 0) {
      if (libc().errno() !== EPERM) check(-1, 'make a network namespace');
      throw new KernelAccessError(
        'Cannot make a network namespace: not permitted, need CAP_SYS_ADMIN (root, or a user namespace of its own)',
      );
    }
    try {
      return currentNetworkNamespace();
    } finally {
      enter(home);
    }
  } finally {
    home.close();
  }
}

/**
 * Runs `fn` with the calling thread inside `namespace` and comes back, whatever happens. Sockets, files under
 * /proc/thread-self/net and child processes made by `fn` belong to that namespace for good. `fn` must not be
 * asynchronous: only this thread moves, and only until `fn` returns.
 */
export function inNetworkNamespace<T>(namespace: Pick<NetworkNamespace, 'fd'>, fn: () => T): T {
  const home = currentNetworkNamespace();
  startThreadPool();
  try {
    check(libc().setns(namespace.fd, CLONE_NEWNET), 'enter a network namespace');
    try {
      const result = fn();
      if (result instanceof Promise) throw new AssertionError('what runs inside a namespace is synchronous');
      return result;
    } finally {
      enter(home);
    }
  } finally {
    home.close();
  }
}

/** Moves the calling thread for good: for a worker thread that does nothing else than live in that namespace. */
export function moveIntoNetworkNamespace(namespace: Pick<NetworkNamespace, 'fd'>): void {
  startThreadPool();
  check(libc().setns(namespace.fd, CLONE_NEWNET), 'move into a network namespace');
}

function enter(home: NetworkNamespace): void {
  if (libc().setns(home.fd, CLONE_NEWNET) >= 0) return;
  throw new AssertionError(`the thread comes back to its network namespace, but setns said errno ${libc().errno()}`);
}

let threadPoolStarted = false;

/** Threads inherit the namespace of their maker, and libuv makes its pool at the first use: use it before leaving. */
function startThreadPool(): void {
  if (threadPoolStarted) return;
  threadPoolStarted = true;
  stat('/', () => {});
}
