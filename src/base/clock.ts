/** Time as an input. Nothing outside `src/base` and the implementation folders reads a clock of its own. */
export interface Clock {
  /** Wall time in milliseconds since the epoch. May jump; never used to measure how long something took. */
  now(): number;
  /** Milliseconds since an arbitrary start, never going backwards, with a fraction where the platform has one. */
  monotonic(): number;
  /** Calls `fire` once after at least `delayMs`. The timer does not keep a process alive by itself when `background`. */
  timer(delayMs: number, fire: () => void, options?: { background?: boolean }): Timer;
  /** Yields to everything else that is ready to run: a macrotask turn. */
  turn(): Promise<void>;
}

export interface Timer {
  /** Forgets the timer. Calling it twice, or after the timer fired, does nothing. */
  cancel(): void;
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it is aborted. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.timer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Wall time as RFC 3339 with whole seconds: what Kubernetes calls `Time`. */
export function timestamp(clock: Clock): string {
  return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
}

/** Wall time as RFC 3339 with microseconds: what Kubernetes calls `MicroTime`. */
export function microTimestamp(clock: Clock): string {
  return `${new Date(clock.now()).toISOString().slice(0, 23)}000Z`;
}
