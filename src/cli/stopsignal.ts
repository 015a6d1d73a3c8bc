import process from 'node:process';
import { systemClock } from '../base/system.ts';

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One Ctrl-C under npm comes twice, from the terminal and from npm: what follows within this time is the same wish. */
const SAME_WISH_MS = 1_000;

/** Exit code of a process that was interrupted, as shells have it: 128 + SIGINT. */
const INTERRUPTED = 130;

export interface StopSignal {
  readonly promise: Promise<void>;
  readonly signal: AbortSignal;
  release(): void;
}

export interface StopSignalOptions {
  /** What signals come from, and how the process ends at once. */
  readonly from?: Pick<NodeJS.Process, 'on' | 'off' | 'exit'>;
  readonly clock?: { monotonic(): number };
}

/**
 * The first SIGINT, SIGTERM or SIGHUP. A later one does not wait for the end that the first began: it ends the process,
 * with which the kernel ends the sandbox.
 */
export function stopSignal({ from = process, clock = systemClock }: StopSignalOptions = {}): StopSignal {
  const { promise, resolve } = Promise.withResolvers<void>();
  const abort = new AbortController();
  let firstAt: number | undefined;
  const onSignal = () => {
    firstAt ??= clock.monotonic();
    if (clock.monotonic() - firstAt > SAME_WISH_MS) from.exit(INTERRUPTED);
    abort.abort();
    resolve();
  };
  for (const name of NAMES) from.on(name, onSignal);
  return {
    promise,
    signal: abort.signal,
    release: () => {
      for (const name of NAMES) from.off(name, onSignal);
    },
  };
}
