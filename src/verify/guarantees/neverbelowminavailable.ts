import { breaches } from './breaches.ts';
import type { Guarantee } from './guarantee.ts';
import { rolloutMoments } from './rolloutbounds.ts';

export const neverBelowMinAvailable: Guarantee = {
  name: 'NeverBelowMinAvailable',
  says: 'a rolling Deployment that was available stayed at or above replicas − maxUnavailable available pods',
  violations(history) {
    return breaches(rolloutMoments(history), {
      boundOf: (moment) => moment.minAvailable,
      holds: (moment) => moment.available >= moment.minAvailable,
      // What somebody deletes by hand outside of a rollout is theirs to answer for.
      counts: (moment) => moment.rolling,
      describe: ({ deployment, available, minAvailable }) =>
        `Deployment ${deployment} had ${available} available pods, need at least ${minAvailable}`,
    });
  },
};
