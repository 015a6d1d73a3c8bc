import type { World } from '../world.ts';
import type { Finding } from './finding.ts';

/** Durable: an acknowledged write survives kill -9 at any moment; nothing that was deleted comes back. */
export function durable({ forgotten }: Pick<World, 'forgotten'>): Finding[] {
  return forgotten.map(({ at, what }) => ({ guarantee: 'Durable', at, what, about: [] }));
}
