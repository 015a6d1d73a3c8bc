import { type Plugin, SCORE_MAX } from '../plugin.ts';

/** Prefers the node whose cpu and memory would be used alike. A pod that asks for nothing changes nothing and has no wish. */
export const balancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  consider({ requests }) {
    const cpu = requests.get('cpu') ?? 0;
    const memory = requests.get('memory') ?? 0;
    if (cpu === 0 && memory === 0) return {};
    return {
      score: (nodes) =>
        nodes.map(({ allocatable, requested }) => {
          const used = (name: string, more: number) =>
            Math.min(1, ((requested.get(name) ?? 0) + more) / (allocatable.get(name) || Number.POSITIVE_INFINITY));
          // The standard deviation of two numbers is half their distance.
          return SCORE_MAX * (1 - Math.abs(used('cpu', cpu) - used('memory', memory)) / 2);
        }),
    };
  },
};
