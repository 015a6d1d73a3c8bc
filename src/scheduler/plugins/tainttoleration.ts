import type { Taint } from '../../api/types/core.ts';
import { type Plugin, scaledByMost } from '../plugin.ts';
import type { NodeInfo } from '../snapshot.ts';
import { tolerates } from '../tolerates.ts';

const REASONS = ['node(s) had untolerated taint(s)'];

/** Keeps pods off nodes with NoSchedule and NoExecute taints they do not tolerate; PreferNoSchedule counts as a score. */
export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  consider({ pod }) {
    const { tolerations = [] } = pod.spec;
    const soft = tolerations.filter(({ effect }) => !effect || effect === 'PreferNoSchedule');
    const repels = (taint: Taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint);
    const disturbs = (taint: Taint) => taint.effect === 'PreferNoSchedule' && !tolerates(soft, taint);
    const count = ({ node }: NodeInfo) => node.spec?.taints?.filter(disturbs).length ?? 0;
    return {
      filter: ({ node }) => (node.spec?.taints?.some(repels) ? REASONS : undefined),
      score: (nodes) => scaledByMost(nodes.map(count), true),
    };
  },
};
