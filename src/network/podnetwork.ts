/**
 * Pod networking on one node: what CNI's ADD and DEL do, and what the kernel can say about a pod's sockets.
 * Law: an address belongs to one pod from `add` until `remove`, and is the last to be used again afterwards; pods of all
 * nodes reach each other without address translation; `remove` of what is not there succeeds.
 */
export interface PodNetwork {
  /** The same again for a pod that has one. Rejects with `PodNetworkError`. */
  add(uid: string): Promise<PodAttachment>;
  remove(uid: string): Promise<void>;
  /** Looks at the pod's TCP sockets. Cheap (well below a millisecond) and without waiting; undefined when gone. */
  sample(uid: string): SocketSample | undefined;
}

export interface PodAttachment {
  /** IPv4 address. */
  readonly ip: string;
  /** Path that `open` and `setns` take to enter the pod's network namespace. */
  readonly networkNamespacePath: string;
}

/** One look at a pod's TCP sockets. Counters grow from 0 over the life of the network namespace. */
export interface SocketSample {
  /** Connections accepted by the kernel so far (`PassiveOpens`). */
  readonly passiveOpens: number;
  /** Connections that wait in accept queues now, over all listeners. */
  readonly acceptQueue: number;
  /** Handshakes half done now (SYN_RECV). */
  readonly halfOpen: number;
  /** SYNs that listeners dropped so far (`ListenDrops` + `TCPReqQFullDrop`). */
  readonly listenDrops: number;
  /** Inbound connections established now: those whose local port has a listener. */
  readonly established: number;
}

/** A pod cannot be given a network now: addresses are exhausted, or the kernel refused. The kubelet tries again. */
export class PodNetworkError extends Error {
  override readonly name: string = 'PodNetworkError';
}
