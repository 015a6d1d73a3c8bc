import type { Taint } from '../../api/types/core.ts';
import type { Plugin } from '../plugin.ts';
import { tolerates } from '../tolerates.ts';

const REASONS = ['node(s) were not ready'];
const NOT_READY: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
const UNREACHABLE: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' };

/**
 * Keeps pods off nodes whose condition Ready is not True. The node lifecycle controller says the same with a taint, but
 * only after it has seen the node; a pod that tolerates that taint is not held up here either.
 */
export const nodeReady: Plugin = {
  name: 'NodeReady',
  weight: 0,
  consider({ pod }) {
    const { tolerations } = pod.spec;
    return {
      filter({ node }) {
        const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
        if (ready === 'True') return undefined;
        return tolerates(tolerations, ready === 'Unknown' ? UNREACHABLE : NOT_READY) ? undefined : REASONS;
      },
    };
  },
};
