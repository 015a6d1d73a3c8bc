import { APPS } from './apps.ts';
import { MACHINES } from './machines.ts';
import { RACES } from './races.ts';
import { RELEASES } from './releases.ts';
import type { Scenario } from './scenario.ts';

/** Every scenario by its name. */
export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  [...RACES, ...RELEASES, ...APPS, ...MACHINES].map((scenario) => [scenario.name, scenario]),
);
