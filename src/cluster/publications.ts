import { keyOf } from '../api/resource.ts';
import type { Service } from '../api/types/core.ts';

/** One listener on the host's loopback, and the node port behind it. */
export interface Publication {
  /** `host:port>nodePort` */
  readonly id: string;
  readonly service: string;
  readonly host: string;
  readonly port: number;
  readonly nodePort: number;
}

const NODE_PORT_HOST = '127.0.0.1';

/** What is to be reachable from the host for `service`: pure. TCP only: other protocols are not published. */
export function planPublications(service: Service, loadBalancerIP: string): Publication[] {
  const { type, ports = [] } = service.spec;
  if (type !== 'NodePort' && type !== 'LoadBalancer') return [];
  return ports
    .filter(({ protocol = 'TCP', nodePort }) => protocol === 'TCP' && nodePort !== undefined)
    .flatMap(({ port, nodePort = 0 }) => {
      const nodePorts = [{ host: NODE_PORT_HOST, port: nodePort, nodePort }];
      return type === 'LoadBalancer' ? [...nodePorts, { host: loadBalancerIP, port, nodePort }] : nodePorts;
    })
    .map((listener) => ({
      ...listener,
      id: `${listener.host}:${listener.port}>${listener.nodePort}`,
      service: keyOf(service),
    }));
}
