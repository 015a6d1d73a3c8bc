import type { ObjectReference, Protocol } from './core.ts';
import type { KubeObject } from './meta.ts';

/** `discovery.k8s.io/v1` EndpointSlice (KEP-752), with the conditions of KEP-1672. */
export interface EndpointSlice extends KubeObject {
  addressType: 'IPv4' | 'IPv6' | 'FQDN';
  endpoints: Endpoint[];
  ports?: EndpointPort[];
}

export interface Endpoint {
  addresses: string[];
  conditions?: EndpointConditions;
  hostname?: string;
  nodeName?: string;
  zone?: string;
  targetRef?: ObjectReference;
  hints?: { forZones?: { name: string }[] };
}

export interface EndpointConditions {
  /** May get new connections. Always false while the pod terminates, unless `publishNotReadyAddresses`. */
  ready?: boolean;
  /** Its readiness as probed, terminating or not. */
  serving?: boolean;
  terminating?: boolean;
}

export interface EndpointPort {
  name?: string;
  port?: number;
  protocol?: Protocol;
  appProtocol?: string;
}
