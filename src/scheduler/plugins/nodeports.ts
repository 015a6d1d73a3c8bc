import type { ContainerPort } from '../../api/types/core.ts';
import type { Plugin } from '../plugin.ts';
import type { NodeInfo } from '../snapshot.ts';

const REASONS = ["node(s) didn't have free ports for the requested pod ports"];
const ANY_ADDRESS = '0.0.0.0';

/** Two pods cannot have the same port of the same protocol and address of one node. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  weight: 0,
  consider({ hostPorts }) {
    if (hostPorts.length === 0) return {};
    return { filter: (node) => (isTaken(node, hostPorts) ? REASONS : undefined) };
  },
};

function isTaken(node: NodeInfo, wanted: readonly ContainerPort[]): boolean {
  for (const { hostPorts } of node.pods.values()) {
    if (hostPorts.some((used) => wanted.some((port) => collide(used, port)))) return true;
  }
  return false;
}

function collide(a: ContainerPort, b: ContainerPort): boolean {
  if (a.hostPort !== b.hostPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return false;
  const [one, other] = [a.hostIP || ANY_ADDRESS, b.hostIP || ANY_ADDRESS];
  return one === other || one === ANY_ADDRESS || other === ANY_ADDRESS;
}
