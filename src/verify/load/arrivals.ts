import { assert } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';

/** `even`: the same gap between all requests. `poisson`: independent arrivals, as from many users. */
export type Spacing = 'even' | 'poisson';

export interface ArrivalOptions {
  /** Requests a second on average. */
  readonly rate: number;
  readonly spacing: Spacing;
  readonly random: Random;
}

/** The milliseconds, from the start of the load, at which requests are due: never decreasing, without end. */
export function* arrivals(options: ArrivalOptions): Generator<number, never> {
  assert(options.rate > 0, 'a load has a rate above 0');
  const gapMs = 1000 / options.rate;
  if (options.spacing === 'even') {
    for (let index = 0; ; index++) yield index * gapMs;
  }
  let atMs = 0;
  for (;;) {
    atMs += -Math.log(1 - options.random.next()) * gapMs;
    yield atMs;
  }
}
