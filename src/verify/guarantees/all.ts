import type { Guarantee } from './guarantee.ts';
import { neverAboveSurge } from './neverabovesurge.ts';
import { neverBelowMinAvailable } from './neverbelowminavailable.ts';
import { noRequestLost } from './norequestlost.ts';
import { releasedBeforeStop } from './releasedbeforestop.ts';

/** The guarantees that a change under load is checked against. */
export const GUARANTEES: readonly Guarantee[] = [
  noRequestLost,
  releasedBeforeStop,
  neverBelowMinAvailable,
  neverAboveSurge,
];
