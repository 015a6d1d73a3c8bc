import { breaches } from './breaches.ts';
import type { Guarantee } from './guarantee.ts';
import { rolloutMoments } from './rolloutbounds.ts';

/**
 * Bounds what the ReplicaSets ask for, as Kubernetes does. Pods can be one more for a moment: a ReplicaSet told to
 * shrink may delete its pod after another one, told to grow, has made one. The report shows that number beside it.
 */
export const neverAboveSurge: Guarantee = {
  name: 'NeverAboveSurge',
  says: 'the ReplicaSets of a rolling Deployment never asked for more than replicas + maxSurge pods',
  violations(history) {
    return breaches(rolloutMoments(history), {
      boundOf: (moment) => moment.maxReplicas,
      holds: (moment) => moment.asked <= moment.maxReplicas,
      describe: ({ deployment, asked, maxReplicas }) =>
        `the ReplicaSets of Deployment ${deployment} asked for ${asked} pods, need at most ${maxReplicas}`,
    });
  },
};
