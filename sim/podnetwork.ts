import { AddressPool, podAddresses } from '../src/network/addresspool.ts';
import type { PodAttachment, PodNetwork, SocketSample } from '../src/network/podnetwork.ts';
import { PodSockets } from './sockets.ts';

export interface SimPod {
  readonly uid: string;
  readonly attachment: PodAttachment;
  readonly sockets: PodSockets;
}

/** The pod network of one simulated node: real addresses, and sockets that clients and applications really use. */
export class SimPodNetwork implements PodNetwork {
  readonly #addresses: AddressPool;
  readonly #pods = new Map<string, SimPod>();
  readonly #byAddress = new Map<string, SimPod>();

  constructor(podCIDR: string) {
    this.#addresses = new AddressPool(podAddresses(podCIDR));
  }

  async add(uid: string): Promise<PodAttachment> {
    const existing = this.#pods.get(uid);
    if (existing) return existing.attachment;
    const attachment = { ip: this.#addresses.claim(), networkNamespacePath: `/sim/netns/${uid}` };
    const pod = { uid, attachment, sockets: new PodSockets() };
    this.#pods.set(uid, pod);
    this.#byAddress.set(attachment.ip, pod);
    return attachment;
  }

  async remove(uid: string): Promise<void> {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    this.#pods.delete(uid);
    this.#byAddress.delete(pod.attachment.ip);
    pod.sockets.resetAll();
    this.#addresses.release(pod.attachment.ip);
  }

  sample(uid: string): SocketSample | undefined {
    return this.#pods.get(uid)?.sockets.sample();
  }

  /** The pod that has `ip` now. */
  at(ip: string): SimPod | undefined {
    return this.#byAddress.get(ip);
  }

  pod(uid: string): SimPod | undefined {
    return this.#pods.get(uid);
  }

  /** Uids of the pods that have a network now. */
  get uids(): string[] {
    return [...this.#pods.keys()];
  }
}
