/** The addresses and ports that a cluster gives to its Services. */
export const ADDRESSES = {
  /** Cluster IPs. */
  serviceCIDR: '10.96.0.0/16',
  /** Node ports, both ends included: Kubernetes' own range. */
  nodePortRange: { from: 30_000, to: 32_767 },
} as const;
