import type { Protocol } from '../../api/types/core.ts';

/**
 * The kernel side of the service proxy on one node. Law, checked by `dataplane.suite.ts`:
 * - `replace` makes the rules of the named services what is given, all in one atomic step, and returns only when the
 *   kernel has acknowledged it: from then on no new connection is given to an endpoint that is not listed. Only what
 *   differs is written. What is longer than the kernel takes at once (hundreds of services without privileges over the
 *   machine, thousands with) is split between services, each step atomic.
 * - Established connections are never touched by it. Datagrams have no connections: their flows leave an endpoint
 *   that is no longer listed.
 * - A port without endpoints refuses connections at once (TCP reset, ICMP port unreachable).
 * - Where two services name the same address and port, the one that came first has it until it lets go.
 * - Calls are serialised by the caller: never two at once.
 */
export interface ProxyDataPlane {
  /**
   * Key is `namespace/name`; an empty list removes the service. Throws `DataPlaneError`; then nothing changed, or, where
   * it was split, not all: calling it again with the same is always right.
   */
  replace(services: ReadonlyMap<string, readonly ServicePortRules[]>): void;
  /** Keys of the services that have rules now, read back from what was applied. */
  services(): ReadonlySet<string>;
  /** Forgets unreplied connection-tracking entries that lead to `podIP`, so that a retransmitted SYN chooses anew. */
  flushUnreplied(podIP: string): Promise<void>;
  /** Lets go of the kernel and leaves the rules to serve on. */
  close(): void;
}

/** What one port of a Service does on this node. */
export interface ServicePortRules {
  readonly portName: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** Addresses on which `port` is served inside the cluster: cluster IPs, external and load-balancer addresses. */
  readonly addresses: readonly string[];
  readonly nodePort: number | undefined;
  /** Chosen at random with equal weight for each new connection. Empty: refuse. */
  readonly endpoints: readonly RuleEndpoint[];
  /** The same for what comes through nodePort. The same list as `endpoints` unless a traffic policy is `Local`. */
  readonly externalEndpoints: readonly RuleEndpoint[];
  /** Seconds a client address keeps its endpoint (sessionAffinity ClientIP); undefined for none. */
  readonly affinitySeconds: number | undefined;
}

export interface RuleEndpoint {
  readonly ip: string;
  readonly port: number;
}

export class DataPlaneError extends Error {
  override readonly name = 'DataPlaneError';
}
