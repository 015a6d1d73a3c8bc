import { ipv4Range } from '../../linux/ipv4.ts';
import { isKernelError, KernelAccessError } from '../../linux/kernelerror.ts';
import { createNetworkNamespace, inNetworkNamespace, type NetworkNamespace } from '../../linux/namespaces.ts';
import { NETLINK_ROUTE, NetlinkSocket } from '../../linux/netlink.ts';
import {
  addAddress,
  createBridge,
  createVeth,
  deleteRoute,
  linkIndex,
  replaceRoute,
  setUp,
} from '../../linux/rtnetlink.ts';
import { writeSysctl } from '../../linux/sysctl.ts';
import type { PodNetwork } from '../podnetwork.ts';
import { nodeIp, podCIDROf, podGateway, WIRE_PREFIX_LENGTH, WIRE_ROOT_IP } from './plan.ts';
import { macOf, PodBridge } from './podbridge.ts';

const LOOPBACK_INDEX = 1;
const WIRE_DEVICE_INDEX = 2;
const POD_BRIDGE = 'cni0';

/** A node's part of the machine's network: a namespace with its own addresses, routes and kernel rules. */
export interface NodeNetwork {
  readonly index: number;
  /** The node's address on the wire: its InternalIP. */
  readonly ip: string;
  readonly podCIDR: string;
  readonly namespace: NetworkNamespace;
  /** What other processes open to enter the node's network namespace. */
  readonly namespacePath: string;
  readonly podNetwork: PodNetwork;
}

export interface NodeNetworkOptions {
  readonly nodeIndex: number;
  /** Socket for rtnetlink in the namespace that holds the wire. */
  readonly wireRoutes: NetlinkSocket;
  /** Index of the wire's bridge there. */
  readonly wireIndex: number;
  /** Name of the node's device there. */
  readonly wireDevice: string;
}

/** Makes a node: eth0 on the wire, a bridge for its pods, forwarding. Throws `KernelError`, `KernelAccessError`. */
export function createNodeNetwork(options: NodeNetworkOptions): BridgeNode {
  const namespace = createNetworkNamespace();
  let routes: NetlinkSocket | undefined;
  try {
    routes = inNetworkNamespace(namespace, () => new NetlinkSocket(NETLINK_ROUTE));
    setDefaults(namespace);
    const bridgeIndex = joinWire(namespace, routes, options);
    setForwarding(namespace);
    return new BridgeNode(options.nodeIndex, { namespace, routes, bridgeIndex });
  } catch (error) {
    routes?.close();
    namespace.close();
    throw error;
  }
}

export class BridgeNode implements NodeNetwork {
  readonly index: number;
  readonly ip: string;
  readonly podCIDR: string;
  readonly namespace: NetworkNamespace;
  readonly podNetwork: PodBridge;
  readonly #routes: NetlinkSocket;

  constructor(index: number, parts: { namespace: NetworkNamespace; routes: NetlinkSocket; bridgeIndex: number }) {
    this.index = index;
    this.ip = nodeIp(index);
    this.podCIDR = podCIDROf(index);
    this.namespace = parts.namespace;
    this.#routes = parts.routes;
    this.podNetwork = new PodBridge({ ...parts, gateway: podGateway(index), podCIDR: this.podCIDR });
  }

  get namespacePath(): string {
    return this.namespace.path;
  }

  /** Sends what is for the other node's pods to that node. */
  addPeer(peer: { readonly ip: string; readonly podCIDR: string }): void {
    this.#routes.request([replaceRoute({ destination: ipv4Range(peer.podCIDR), gateway: peer.ip })]);
  }

  removePeer(peer: { readonly podCIDR: string }): void {
    this.#routes.request([deleteRoute(ipv4Range(peer.podCIDR))]);
  }

  /** Lets go of the node and its pods. The kernel takes the namespaces apart when the last process has left them. */
  close(): void {
    this.podNetwork.close();
    this.#routes.close();
    this.namespace.close();
  }
}

/** Returns the index of the pods' bridge. */
function joinWire(namespace: NetworkNamespace, routes: NetlinkSocket, options: NodeNetworkOptions): number {
  const ip = nodeIp(options.nodeIndex);
  const peer = { name: 'eth0', index: WIRE_DEVICE_INDEX, namespaceFd: namespace.fd, mac: macOf(ip) };
  options.wireRoutes.request([createVeth(options.wireDevice, { master: options.wireIndex, peer })]);
  const gateway = podGateway(options.nodeIndex);
  routes.request([
    setUp(LOOPBACK_INDEX),
    addAddress(WIRE_DEVICE_INDEX, ip, WIRE_PREFIX_LENGTH),
    setUp(WIRE_DEVICE_INDEX),
    replaceRoute({ destination: undefined, gateway: WIRE_ROOT_IP }),
    createBridge(POD_BRIDGE, macOf(gateway)),
  ]);
  const bridgeIndex = linkIndex(routes, POD_BRIDGE)!;
  routes.request([addAddress(bridgeIndex, gateway, 24)]);
  return bridgeIndex;
}

/** Before there are devices, which take these on when they are made. */
function setDefaults(namespace: NetworkNamespace): void {
  // A cluster address belongs to no device: "there is a shorter way" would be wrong for the next connection.
  writeSysctl(namespace, 'net.ipv4.conf.all.send_redirects', 0);
  writeSysctl(namespace, 'net.ipv4.conf.default.send_redirects', 0);
  // Each refusal is said, not six and then one a second.
  writeSysctl(namespace, 'net.ipv4.icmp_ratelimit', 0);
}

function setForwarding(namespace: NetworkNamespace): void {
  writeSysctl(namespace, 'net.ipv4.ip_forward', 1);
  try {
    // Replies between pods of one node never leave the bridge: connection tracking must see them there.
    writeSysctl(namespace, 'net.bridge.bridge-nf-call-iptables', 1);
  } catch (error) {
    if (!isKernelError(error, 'ENOENT')) throw error;
    throw new KernelAccessError(
      'Cannot pass bridged packets to the service rules: br_netfilter is not there, need modprobe br_netfilter',
      { cause: error },
    );
  }
}
