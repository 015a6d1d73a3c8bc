import type { Plugin } from '../plugin.ts';

const REASONS = ["node(s) didn't match the requested node name"];

/** A pod that already names its node goes there and nowhere else. */
export const nodeName: Plugin = {
  name: 'NodeName',
  weight: 0,
  consider({ pod }) {
    const wanted = pod.spec.nodeName;
    return wanted ? { filter: ({ name }) => (name === wanted ? undefined : REASONS) } : {};
  },
};
