/** Addresses of Services inside the cluster. */
export const SERVICE_CIDR = '10.96.0.0/16';
/** Ports of nodes for Services, both ends included: Kubernetes' own range. */
export const NODE_PORTS = { from: 30_000, to: 32_767 };
