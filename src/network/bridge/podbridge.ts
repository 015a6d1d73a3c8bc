import { ipv4Bytes } from '../../linux/ipv4.ts';
import { KernelError } from '../../linux/kernelerror.ts';
import { createNetworkNamespace, inNetworkNamespace, type NetworkNamespace } from '../../linux/namespaces.ts';
import { NETLINK_ROUTE, NetlinkSocket } from '../../linux/netlink.ts';
import { TcpCounterReader } from '../../linux/procnet.ts';
import { addAddress, allowHairpin, createVeth, replaceRoute, setUp } from '../../linux/rtnetlink.ts';
import { TcpSocketWatch } from '../../linux/sockdiag.ts';
import { AddressPool, podAddresses } from '../addresspool.ts';
import { type PodAttachment, type PodNetwork, PodNetworkError, type SocketSample } from '../podnetwork.ts';

export interface PodBridgeOptions {
  /** Socket for rtnetlink in the node's namespace. */
  readonly routes: NetlinkSocket;
  /** Index of the bridge device in the node's namespace. */
  readonly bridgeIndex: number;
  /** The bridge's own address: the pods' default gateway. */
  readonly gateway: string;
  /** A /24 range. */
  readonly podCIDR: string;
}

interface Pod {
  readonly ip: string;
  readonly namespace: NetworkNamespace;
  readonly counters: TcpCounterReader;
  readonly sockets: TcpSocketWatch;
}

const LOOPBACK_INDEX = 1;
const POD_DEVICE_INDEX = 2;

/**
 * Pods on a Linux bridge: a network namespace each, joined by a pair of virtual devices. Everything is done in process,
 * by netlink. A pod's namespace lives as long as its open file and whatever process is in it; taking down its devices is
 * left to the kernel, which does it when the last of these is gone.
 */
export class PodBridge implements PodNetwork {
  readonly #options: PodBridgeOptions;
  readonly #addresses: AddressPool;
  readonly #pods = new Map<string, Pod>();
  #deviceNumber = 0;

  constructor(options: PodBridgeOptions) {
    this.#options = options;
    this.#addresses = new AddressPool(podAddresses(options.podCIDR));
  }

  async add(uid: string): Promise<PodAttachment> {
    const existing = this.#pods.get(uid);
    if (existing) return attachment(existing);
    const ip = this.#addresses.claim();
    try {
      const pod = this.#create(ip);
      this.#pods.set(uid, pod);
      return attachment(pod);
    } catch (error) {
      this.#addresses.release(ip);
      if (!(error instanceof KernelError)) throw error;
      throw new PodNetworkError(`Cannot connect the pod: ${error.message}`, { cause: error });
    }
  }

  async remove(uid: string): Promise<void> {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    this.#pods.delete(uid);
    closeAll(pod);
    this.#addresses.release(pod.ip);
  }

  sample(uid: string): SocketSample | undefined {
    const pod = this.#pods.get(uid);
    if (!pod) return undefined;
    // Sockets before counters: a connection accepted in between shows as a grown counter, never as nothing.
    const { acceptQueue, halfOpen, inbound } = pod.sockets.read();
    const { passiveOpens, listenDrops } = pod.counters.read();
    return { passiveOpens, acceptQueue, halfOpen, listenDrops, established: inbound };
  }

  /** Lets go of all pods. */
  close(): void {
    for (const pod of this.#pods.values()) closeAll(pod);
    this.#pods.clear();
  }

  #create(ip: string): Pod {
    const namespace = createNetworkNamespace();
    const opened: { close(): void }[] = [namespace];
    try {
      return inNetworkNamespace(namespace, () => {
        const inside = new NetlinkSocket(NETLINK_ROUTE);
        try {
          const counters = new TcpCounterReader();
          opened.push(counters);
          const sockets = new TcpSocketWatch();
          opened.push(sockets);
          this.#connect(ip, namespace, inside);
          return { ip, namespace, counters, sockets };
        } finally {
          inside.close();
        }
      });
    } catch (error) {
      for (const open of opened) open.close();
      throw error;
    }
  }

  #connect(ip: string, namespace: NetworkNamespace, inside: NetlinkSocket): void {
    // A name is never used twice: the kernel may still be taking down the device of a pod long removed.
    const device = `pod${this.#deviceNumber++}`;
    const peer = { name: 'eth0', index: POD_DEVICE_INDEX, namespaceFd: namespace.fd, mac: macOf(ip) };
    this.#options.routes.request([
      createVeth(device, { master: this.#options.bridgeIndex, peer }),
      allowHairpin(device),
    ]);
    inside.request([
      setUp(LOOPBACK_INDEX),
      addAddress(POD_DEVICE_INDEX, ip, 24),
      setUp(POD_DEVICE_INDEX),
      replaceRoute({ destination: undefined, gateway: this.#options.gateway }),
    ]);
  }
}

/** Made from the address, so that neighbours who remember an address find its next owner. */
export function macOf(ip: string): Uint8Array {
  return Buffer.concat([Buffer.from([0x0a, 0x58]), ipv4Bytes(ip)]);
}

function attachment(pod: Pod): PodAttachment {
  return { ip: pod.ip, networkNamespacePath: pod.namespace.path };
}

function closeAll(pod: Pod): void {
  pod.sockets.close();
  pod.counters.close();
  pod.namespace.close();
}
