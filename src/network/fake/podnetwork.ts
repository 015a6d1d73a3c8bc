import { AddressPool, podAddresses } from '../addresspool.ts';
import type { PodAttachment, PodNetwork, SocketSample } from '../podnetwork.ts';

const SILENT: SocketSample = { passiveOpens: 0, acceptQueue: 0, halfOpen: 0, listenDrops: 0, established: 0 };

/** A pod network in memory: real addresses, and sockets that do what the test or the simulation says. */
export class FakePodNetwork implements PodNetwork {
  readonly #addresses: AddressPool;
  readonly #pods = new Map<string, { readonly attachment: PodAttachment; sockets: SocketSample }>();

  constructor(podCIDR = '10.244.1.0/24') {
    this.#addresses = new AddressPool(podAddresses(podCIDR));
  }

  async add(uid: string): Promise<PodAttachment> {
    const existing = this.#pods.get(uid);
    if (existing) return existing.attachment;
    const attachment = { ip: this.#addresses.claim(), networkNamespacePath: `/fake/netns/${uid}` };
    this.#pods.set(uid, { attachment, sockets: SILENT });
    return attachment;
  }

  async remove(uid: string): Promise<void> {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    this.#pods.delete(uid);
    this.#addresses.release(pod.attachment.ip);
  }

  sample(uid: string): SocketSample | undefined {
    return this.#pods.get(uid)?.sockets;
  }

  /** A client has connected to the pod and waits to be accepted. */
  queueConnection(uid: string): void {
    this.#change(uid, ({ passiveOpens, acceptQueue, established }) => ({
      passiveOpens: passiveOpens + 1,
      acceptQueue: acceptQueue + 1,
      established: established + 1,
    }));
  }

  /** The pod accepts all that wait. */
  acceptConnections(uid: string): void {
    this.#change(uid, () => ({ acceptQueue: 0 }));
  }

  /** The clients and the pod end all accepted connections. */
  endConnections(uid: string): void {
    this.#change(uid, ({ acceptQueue }) => ({ established: acceptQueue }));
  }

  /** The kernel drops SYNs to the pod for want of room. */
  dropSyns(uid: string, count: number): void {
    this.#change(uid, ({ listenDrops }) => ({ listenDrops: listenDrops + count }));
  }

  /** Handshakes with the pod that are half done from now on. */
  setHalfOpen(uid: string, halfOpen: number): void {
    this.#change(uid, () => ({ halfOpen }));
  }

  /** Uids of the pods that have a network now. */
  get pods(): ReadonlySet<string> {
    return new Set(this.#pods.keys());
  }

  #change(uid: string, change: (sockets: SocketSample) => Partial<SocketSample>): void {
    const pod = this.#pods.get(uid);
    if (!pod) throw new Error(`Cannot change the sockets of pod ${uid}: it has no network`);
    pod.sockets = { ...pod.sockets, ...change(pod.sockets) };
  }
}
