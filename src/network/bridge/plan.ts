/**
 * The addresses of a machine's network. The wire joins the machine's own namespace (.1) and its nodes (.10 plus index);
 * each node has 10.244.<index>.0/24 for pods, of which .1 is its bridge.
 */
export const WIRE_ROOT_IP = '172.30.0.1';
export const WIRE_PREFIX_LENGTH = 24;
/** Cluster addresses, unless the machine is told others. */
export const SERVICE_CIDR = '10.96.0.0/16';

/** Nodes a machine can have: what fits between .10 and .254 of the wire. */
export const NODES_MAX = 245;

export function nodeIp(index: number): string {
  return `172.30.0.${10 + checked(index)}`;
}

export function podCIDROf(index: number): string {
  return `10.244.${checked(index)}.0/24`;
}

export function podGateway(index: number): string {
  return `10.244.${checked(index)}.1`;
}

function checked(index: number): number {
  if (Number.isInteger(index) && index >= 0 && index < NODES_MAX) return index;
  throw new RangeError(`Cannot place node ${index}: need a whole number from 0 to ${NODES_MAX - 1}`);
}
