import { type Plugin, SCORE_MAX } from '../plugin.ts';

const COUNTED = ['cpu', 'memory'];

/** Prefers the node that has the largest share of its cpu and memory left, the pod included. */
export const leastAllocated: Plugin = {
  name: 'NodeResourcesLeastAllocated',
  weight: 1,
  consider({ scoredRequests }) {
    const wanted = COUNTED.map((name) => [name, scoredRequests.get(name) ?? 0] as const);
    return {
      score: (nodes) =>
        nodes.map(({ allocatable, scoredRequested }) => {
          let sum = 0;
          let counted = 0;
          for (const [name, amount] of wanted) {
            const total = allocatable.get(name) ?? 0;
            if (total === 0) continue;
            sum += Math.max(0, total - (scoredRequested.get(name) ?? 0) - amount) / total;
            counted++;
          }
          return counted === 0 ? 0 : (SCORE_MAX * sum) / counted;
        }),
    };
  },
};
