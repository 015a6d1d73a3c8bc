import type { Duplex } from 'node:stream';

/**
 * Joins two connections into one: bytes and ends go on from each to the other, and when one breaks, so does the other.
 * An end alone breaks nothing: what was written before it still arrives, and the other direction goes on.
 */
export function splice(one: Duplex, other: Duplex): void {
  oneWay(one, other);
  oneWay(other, one);
}

function oneWay(from: Duplex, to: Duplex): void {
  from.on('error', () => to.destroy());
  // Closed before its end was read: broken off. After it, `to` has been told the end and still writes what is left.
  from.on('close', () => {
    if (!from.readableEnded) to.destroy();
  });
  if (from.destroyed) to.destroy();
  else from.pipe(to);
}
