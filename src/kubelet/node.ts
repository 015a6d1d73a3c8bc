import { leases, nodes } from '../api/resources.ts';
import { isStatus, StatusError } from '../api/status.ts';
import type { Node, NodeStatus } from '../api/types/core.ts';
import { microTimestamp, type Timer, timestamp } from '../base/clock.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { TransportError } from '../client/transport.ts';

export const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;

/** What a machine offers to pods and says of itself. */
export interface NodeFacts {
  readonly name: string;
  readonly ip: string;
  readonly podCIDR: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly podsMax: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Kernel, operating system, versions: `status.nodeInfo`. */
  readonly info: Readonly<Record<string, string>>;
}

/** The Node object and the Lease by which the control plane knows that this node lives. */
export class NodeRegistration {
  readonly #client: Client;
  readonly #env: Env;
  readonly #facts: NodeFacts;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(client: Client, options: { env: Env; facts: NodeFacts }) {
    this.#client = client;
    this.#env = options.env;
    this.#facts = options.facts;
  }

  /** Makes or updates the Node, says Ready, and begins to renew the lease. */
  async start(): Promise<void> {
    await this.#register();
    await this.#renew();
    this.#later();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #register(): Promise<void> {
    const { name, podCIDR, labels } = this.#facts;
    const all = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...labels };
    try {
      await this.#client.of(nodes).create({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: all },
        spec: { podCIDR, podCIDRs: [podCIDR] },
      });
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
      await this.#client.of(nodes).patch(name, { metadata: { labels: all } });
    }
    await this.#stateReady({ always: true });
  }

  /** Says what this node is and that it is ready: always at the start, later when somebody has said otherwise. */
  async #stateReady({ always }: { always: boolean }): Promise<void> {
    const { name } = this.#facts;
    const known = await this.#client.of(nodes).get(name);
    const ready = known.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    if (ready === 'True' && !always) return;
    const patch = { status: this.#status(known) };
    await this.#client.of(nodes).patch(name, patch, { type: 'strategic', subresource: 'status' });
  }

  #status(known: Node): NodeStatus {
    const { name, ip, cpus, memoryBytes, podsMax, info } = this.#facts;
    const now = timestamp(this.#env.clock);
    const capacity = { cpu: String(cpus), memory: `${Math.floor(memoryBytes / 1024)}Ki`, pods: String(podsMax) };
    const condition = (type: string, fine: { status: 'True' | 'False'; reason: string; message: string }) => {
      const before = known.status?.conditions?.find((entry) => entry.type === type);
      const since = before?.status === fine.status ? before.lastTransitionTime : undefined;
      return { type, ...fine, lastHeartbeatTime: now, lastTransitionTime: since ?? now };
    };
    return {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: 'InternalIP', address: ip },
        { type: 'Hostname', address: name },
      ],
      conditions: [
        condition('MemoryPressure', {
          status: 'False',
          reason: 'KubeletHasSufficientMemory',
          message: 'kubelet has sufficient memory available',
        }),
        condition('DiskPressure', {
          status: 'False',
          reason: 'KubeletHasNoDiskPressure',
          message: 'kubelet has no disk pressure',
        }),
        condition('PIDPressure', {
          status: 'False',
          reason: 'KubeletHasSufficientPID',
          message: 'kubelet has sufficient PID available',
        }),
        condition('Ready', { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }),
      ],
      nodeInfo: { ...info },
    };
  }

  #later(): void {
    const renew = () =>
      this.#renew()
        .then(() => this.#stateReady({ always: false }))
        .catch((error) => {
          if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
          this.#env.log.warn('node lease not renewed', { node: this.#facts.name, error: error.message });
        });
    this.#timer = this.#env.clock.timer(
      RENEW_MS,
      () => {
        if (this.#stopped) return;
        void renew();
        this.#later();
      },
      { background: true },
    );
  }

  async #renew(): Promise<void> {
    const { name } = this.#facts;
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: microTimestamp(this.#env.clock),
    };
    try {
      await this.#client.of(leases).patch(name, { spec }, { namespace: LEASE_NAMESPACE });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
      const kind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
      await this.#client.of(leases).create({ ...kind, metadata: { name, namespace: LEASE_NAMESPACE }, spec });
    }
  }
}
