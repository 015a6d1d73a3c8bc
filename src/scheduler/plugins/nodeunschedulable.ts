import type { Taint } from '../../api/types/core.ts';
import type { Plugin } from '../plugin.ts';
import { tolerates } from '../tolerates.ts';

const REASONS = ['node(s) were unschedulable'];
const TAINT: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Keeps pods off cordoned nodes, unless they tolerate the taint that says so. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  weight: 0,
  consider({ pod }) {
    if (tolerates(pod.spec.tolerations, TAINT)) return {};
    return { filter: ({ node }) => (node.spec?.unschedulable ? REASONS : undefined) };
  },
};
