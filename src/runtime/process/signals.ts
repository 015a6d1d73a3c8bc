import { constants } from 'node:os';
import { RuntimeError } from '../runtime.ts';

const SIGRTMIN = 34;

/** Number of a signal by the names images and manifests use: SIGTERM, TERM, 15, SIGRTMIN+3. */
export function signalNumber(name: string): number {
  const full = name.startsWith('SIG') ? name : `SIG${name}`;
  const known = (constants.signals as Record<string, number>)[full];
  if (known !== undefined) return known;
  const realTime = /^SIGRTMIN(?:\+(\d+))?$/.exec(full);
  const number = realTime ? SIGRTMIN + Number(realTime[1] ?? 0) : Number(name);
  if (Number.isInteger(number) && number >= 1 && number <= 64) return number;
  throw new RuntimeError('RunContainerError', `Cannot send signal ${name}: there is none of that name`);
}
