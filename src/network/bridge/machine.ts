import { type Ipv4Range, ipv4Range } from '../../linux/ipv4.ts';
import { isKernelError } from '../../linux/kernelerror.ts';
import { currentNetworkNamespace, type NetworkNamespace } from '../../linux/namespaces.ts';
import { NETLINK_ROUTE, NetlinkSocket } from '../../linux/netlink.ts';
import {
  addAddress,
  createBridge,
  deleteLink,
  deleteRoute,
  linkIndex,
  replaceRoute,
  setUp,
} from '../../linux/rtnetlink.ts';
import { writeSysctl } from '../../linux/sysctl.ts';
import { type BridgeNode, createNodeNetwork, type NodeNetwork } from './node.ts';
import { SERVICE_CIDR, WIRE_PREFIX_LENGTH, WIRE_ROOT_IP } from './plan.ts';
import { macOf } from './podbridge.ts';

const WIRE = 'wire0';
const LOOPBACK_INDEX = 1;
/** Hash buckets for TCP sockets of each namespace made from here, so that looking at a pod's sockets costs its own. */
const TCP_HASH_ENTRIES = 16384;

/**
 * The network of all nodes of one machine. Processes in the namespace it was opened in reach every pod, and every
 * cluster address by way of the node with the lowest index.
 */
export interface MachineNetwork extends Disposable {
  readonly nodes: readonly NodeNetwork[];
  /** Throws `RangeError` for an index that is taken or out of range, `KernelError`, `KernelAccessError`. */
  addNode(index: number): NodeNetwork;
  /** Lets go of the node and of its pods' networks; of what is not there, does nothing. */
  removeNode(index: number): void;
  close(): void;
}

export interface MachineOptions {
  /** What processes outside all nodes reach by way of a node: what the nodes' service rules serve. */
  readonly serviceCIDR?: string;
}

/**
 * Lays the wire in the calling thread's network namespace, which must be one made for the purpose. Throws `KernelError`
 * (`EEXIST`: there is one already) and `KernelAccessError`.
 */
export function openMachineNetwork(options: MachineOptions = {}): MachineNetwork {
  const namespace = currentNetworkNamespace();
  const routes = new NetlinkSocket(NETLINK_ROUTE);
  try {
    routes.request([setUp(LOOPBACK_INDEX), createBridge(WIRE, macOf(WIRE_ROOT_IP))]);
    const wireIndex = linkIndex(routes, WIRE)!;
    routes.request([addAddress(wireIndex, WIRE_ROOT_IP, WIRE_PREFIX_LENGTH)]);
    // What pods send beyond the cluster is answered "unreachable" at once instead of vanishing.
    writeSysctl(namespace, 'net.ipv4.ip_forward', 1);
    writeSysctl(namespace, 'net.ipv4.tcp_child_ehash_entries', TCP_HASH_ENTRIES);
    const serviceRange = ipv4Range(options.serviceCIDR ?? SERVICE_CIDR);
    return new Machine(namespace, { routes, wireIndex, serviceRange });
  } catch (error) {
    routes.close();
    namespace.close();
    throw error;
  }
}

/** Counts on over all machines of this process: the kernel may still be taking down the devices of one long closed. */
let deviceNumber = 0;

class Machine implements MachineNetwork {
  readonly #namespace: NetworkNamespace;
  readonly #routes: NetlinkSocket;
  readonly #wireIndex: number;
  readonly #serviceRange: Ipv4Range;
  readonly #nodes = new Map<number, BridgeNode>();
  #serviceGateway: string | undefined;

  constructor(
    namespace: NetworkNamespace,
    parts: { routes: NetlinkSocket; wireIndex: number; serviceRange: Ipv4Range },
  ) {
    this.#namespace = namespace;
    this.#routes = parts.routes;
    this.#wireIndex = parts.wireIndex;
    this.#serviceRange = parts.serviceRange;
  }

  get nodes(): readonly NodeNetwork[] {
    return [...this.#nodes.values()].sort((a, b) => a.index - b.index);
  }

  addNode(index: number): NodeNetwork {
    if (this.#nodes.has(index)) throw new RangeError(`Cannot add node ${index}: there is one already`);
    const node = createNodeNetwork({
      nodeIndex: index,
      wireRoutes: this.#routes,
      wireIndex: this.#wireIndex,
      wireDevice: `node${index}-${deviceNumber++}`,
    });
    this.#nodes.set(index, node);
    try {
      for (const other of this.#others(index)) {
        other.addPeer(node);
        node.addPeer(other);
      }
      this.#routes.request([replaceRoute({ destination: ipv4Range(node.podCIDR), gateway: node.ip })]);
      this.#routeServices();
    } catch (error) {
      this.removeNode(index);
      throw error;
    }
    return node;
  }

  removeNode(index: number): void {
    const node = this.#nodes.get(index);
    if (!node) return;
    this.#nodes.delete(index);
    node.close();
    for (const other of this.#others(index)) withoutRoute(() => other.removePeer(node));
    withoutRoute(() => this.#routes.request([deleteRoute(ipv4Range(node.podCIDR))]));
    this.#routeServices();
  }

  close(): void {
    for (const index of [...this.#nodes.keys()]) this.removeNode(index);
    this.#routes.request([deleteLink(WIRE)]);
    this.#routes.close();
    this.#namespace.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #others(index: number): BridgeNode[] {
    return [...this.#nodes.values()].filter((node) => node.index !== index);
  }

  /** One node serves the cluster addresses for processes outside all nodes: the first, until it goes. */
  #routeServices(): void {
    const gateway = this.nodes[0]?.ip;
    if (gateway === this.#serviceGateway) return;
    const destination = this.#serviceRange;
    if (gateway) this.#routes.request([replaceRoute({ destination, gateway })]);
    else withoutRoute(() => this.#routes.request([deleteRoute(destination)]));
    this.#serviceGateway = gateway;
  }
}

/** Runs the deletion of a route that the kernel may have deleted already, with the device it led to. */
function withoutRoute(deletion: () => void): void {
  try {
    deletion();
  } catch (error) {
    if (!isKernelError(error, 'ESRCH')) throw error;
  }
}
