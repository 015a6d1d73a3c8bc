import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Random } from './random.ts';

/** Everything a component takes from outside besides its own interfaces: time, chance, names and a log. */
export interface Env {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
