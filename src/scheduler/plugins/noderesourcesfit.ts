import type { Plugin } from '../plugin.ts';

/** A node takes a pod when it has what the pod asks for and a place in its count of pods. */
export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  weight: 0,
  consider({ requests }) {
    const wanted = [...requests].filter(([, amount]) => amount > 0);
    return {
      filter({ allocatable, requested, pods }) {
        let reasons: string[] | undefined;
        if (pods.size + 1 > (allocatable.get('pods') ?? 0)) reasons = ['Too many pods'];
        for (const [name, amount] of wanted) {
          const free = (allocatable.get(name) ?? 0) - (requested.get(name) ?? 0);
          if (amount > free) reasons = [...(reasons ?? []), `Insufficient ${name}`];
        }
        return reasons;
      },
    };
  },
};
