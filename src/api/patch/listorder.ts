import { isJsonObject } from './json.ts';

/** What an element is known by: its merge key's value, or itself where there is no merge key. */
export type Identify = (element: unknown) => unknown;

export function identifyBy(mergeKey: string | undefined): Identify {
  return (element) => (mergeKey !== undefined && isJsonObject(element) ? element[mergeKey] : element);
}

/**
 * The order that Kubernetes gives a merged list. Elements that `patchOrder` names stand in its order. The others, which only
 * the server knows, keep `serverOrder`. The two are then interleaved: a server-only element comes before the next patch
 * element when it did so in `serverOrder`, and after it when that one is new. So a new container of a patch without
 * `$setElementOrder` comes first, as Kubernetes' own documentation shows.
 */
export function orderMerged(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  options: { serverOrder: readonly unknown[]; identify: Identify },
): unknown[] {
  const { identify } = options;
  const patchRank = ranks(patchOrder, identify);
  const serverRank = ranks(options.serverOrder, identify);
  const fromPatch = merged.filter((element) => patchRank.has(identify(element)));
  const serverOnly = merged.filter((element) => !patchRank.has(identify(element)));
  return interleave(
    sortByRank(serverOnly, serverRank, identify),
    sortByRank(fromPatch, patchRank, identify),
    (a, b) => {
      const left = serverRank.get(identify(a));
      const right = serverRank.get(identify(b));
      return left !== undefined && right !== undefined && left < right;
    },
  );
}

function ranks(order: readonly unknown[], identify: Identify): Map<unknown, number> {
  const rank = new Map<unknown, number>();
  for (const [at, element] of order.entries()) {
    if (!rank.has(identify(element))) rank.set(identify(element), at);
  }
  return rank;
}

/** Elements without a rank stay behind those that have one, in the order they came in. */
function sortByRank(elements: unknown[], rank: Map<unknown, number>, identify: Identify): unknown[] {
  const of = (element: unknown) => rank.get(identify(element)) ?? Number.MAX_SAFE_INTEGER;
  return elements.toSorted((a, b) => of(a) - of(b));
}

function interleave(left: unknown[], right: unknown[], before: (left: unknown, right: unknown) => boolean): unknown[] {
  const result: unknown[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length && r < right.length) {
    result.push(before(left[l], right[r]) ? left[l++] : right[r++]);
  }
  return [...result, ...left.slice(l), ...right.slice(r)];
}
