import { matcherOfTerm, nodeAffinityOf, requiredNodesOf } from '../nodeselector.ts';
import { type Opinion, type Plugin, scaledByMost } from '../plugin.ts';

const REASONS = ["node(s) didn't match Pod's node affinity/selector"];

/** `nodeSelector` and required node affinity filter; preferred node affinity scores by the weights that match. */
export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  consider({ pod }): Opinion {
    const allows = requiredNodesOf(pod);
    const preferences = (nodeAffinityOf(pod)?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ weight, preference }) => ({ weight, matches: matcherOfTerm(preference) }),
    );
    return {
      ...(allows ? { filter: ({ node }) => (allows(node) ? undefined : REASONS) } : {}),
      ...(preferences.length === 0
        ? {}
        : {
            score: (nodes) =>
              scaledByMost(
                nodes.map(({ node }) =>
                  preferences.reduce((sum, { weight, matches }) => sum + (matches(node) ? weight : 0), 0),
                ),
              ),
          }),
    };
  },
};
