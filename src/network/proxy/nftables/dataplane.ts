import { Conntrack } from '../../../linux/conntrack.ts';
import { isKernelError, KernelError } from '../../../linux/kernelerror.ts';
import { inNetworkNamespace, type NetworkNamespace } from '../../../linux/namespaces.ts';
import type { NetlinkMessage } from '../../../linux/netlink.ts';
import { NftablesSocket } from '../../../linux/nftables.ts';
import { writeSysctl } from '../../../linux/sysctl.ts';
import { DataPlaneError, type ProxyDataPlane, type ServicePortRules } from '../dataplane.ts';
import { Ruleset, type ServiceRules } from './ruleset.ts';
import { protocolNumber } from './serviceobjects.ts';
import { createTable, type NodeAddresses, resetTable } from './table.ts';

export interface NftablesOptions extends NodeAddresses {
  /** The node's network namespace, open for as long as the data plane is. */
  readonly namespace: NetworkNamespace;
}

const TIME_WAIT_SECONDS = 15;
/** What a netlink message weighs besides its body, with its padding at most. */
const MESSAGE_OVERHEAD_BYTES = 20;

/**
 * Opens the service rules of one node. Rules that an earlier process left serve on until the first `replace`, which
 * then replaces them all in its one step. Throws `DataPlaneError`.
 */
export function openNftablesDataPlane(options: NftablesOptions): ProxyDataPlane {
  const opened: { close(): void }[] = [];
  try {
    const parts = inNetworkNamespace(options.namespace, () => {
      const rules = new NftablesSocket();
      opened.push(rules);
      const conntrack = new Conntrack();
      opened.push(conntrack);
      return { rules, conntrack };
    });
    const stale = !createdTable(parts.rules, options);
    // Closed connections stay tracked for 120 s by default, which at 2,000 a second fills the table.
    writeSysctl(options.namespace, 'net.netfilter.nf_conntrack_tcp_timeout_time_wait', TIME_WAIT_SECONDS);
    return new NftablesDataPlane(options, { ...parts, stale });
  } catch (cause) {
    for (const part of opened) part.close();
    if (cause instanceof KernelError)
      throw new DataPlaneError(`Cannot open the service rules: ${cause.message}`, { cause });
    throw cause;
  }
}

/** False when there is a table already. */
function createdTable(rules: NftablesSocket, node: NodeAddresses): boolean {
  try {
    rules.commit(createTable(node, { exclusive: true }));
    return true;
  } catch (error) {
    if (isKernelError(error, 'EEXIST')) return false;
    throw error;
  }
}

class NftablesDataPlane implements ProxyDataPlane {
  readonly #node: NodeAddresses;
  readonly #rules: NftablesSocket;
  readonly #conntrack: Conntrack;
  #ruleset = new Ruleset();
  /** The kernel's table is not what `#ruleset` says: the next step makes all of it anew. */
  #stale: boolean;

  constructor(node: NodeAddresses, parts: { rules: NftablesSocket; conntrack: Conntrack; stale: boolean }) {
    this.#node = node;
    this.#rules = parts.rules;
    this.#conntrack = parts.conntrack;
    this.#stale = parts.stale;
  }

  replace(services: ServiceRules): void {
    const gone = this.#datagramEndpointsGone(services);
    try {
      this.#apply(services);
      for (const replySource of gone) this.#conntrack.deleteNow({ replySource, protocol: protocolNumber('UDP') });
    } catch (cause) {
      if (!(cause instanceof KernelError)) throw cause;
      throw new DataPlaneError(`Cannot replace the rules of ${services.size} services: ${cause.message}`, { cause });
    }
  }

  services(): ReadonlySet<string> {
    return new Set(this.#ruleset.services.keys());
  }

  async flushUnreplied(podIP: string): Promise<void> {
    try {
      await this.#conntrack.delete({ replySource: podIP, unreplied: true });
    } catch (cause) {
      if (!(cause instanceof KernelError)) throw cause;
      throw new DataPlaneError(`Cannot forget unanswered connections to ${podIP}: ${cause.message}`, { cause });
    }
  }

  close(): void {
    this.#rules.close();
    this.#conntrack.close();
  }

  #apply(services: ServiceRules): void {
    if (this.#stale) {
      this.#rebuild(services);
      return;
    }
    try {
      this.#step(this.#ruleset, services, []);
    } catch (error) {
      // Somebody else changed our table: what is declared still holds, so it is made anew.
      if (!isKernelError(error, 'ENOENT', 'EEXIST', 'EBUSY')) throw error;
      this.#rebuild(services);
    }
  }

  #rebuild(services: ServiceRules): void {
    const ruleset = new Ruleset();
    this.#step(ruleset, new Map([...this.#ruleset.services, ...services]), resetTable(this.#node));
    this.#ruleset = ruleset;
    this.#stale = false;
  }

  /** One batch; or, when it is longer than the kernel takes, one for each half. */
  #step(ruleset: Ruleset, services: ServiceRules, before: readonly NetlinkMessage[]): void {
    const messages = [...before, ...ruleset.stage(services)];
    const length = messages.reduce((sum, message) => sum + message.body.length + MESSAGE_OVERHEAD_BYTES, 0);
    if (length > this.#rules.batchBytesMax && services.size > 1) {
      ruleset.rollback();
      const all = [...services];
      const half = Math.ceil(all.length / 2);
      this.#step(ruleset, new Map(all.slice(0, half)), before);
      this.#step(ruleset, new Map(all.slice(half)), []);
      return;
    }
    try {
      this.#rules.commit(messages);
    } catch (error) {
      ruleset.rollback();
      throw error;
    }
    ruleset.commit();
  }

  /** Addresses that datagram flows would go on to be sent to although no service lists them any more. */
  #datagramEndpointsGone(services: ServiceRules): Set<string> {
    const gone = new Set<string>();
    for (const [service, rules] of services) {
      for (const ip of datagramEndpoints(this.#ruleset.services.get(service) ?? [])) gone.add(ip);
      for (const ip of datagramEndpoints(rules)) gone.delete(ip);
    }
    return gone;
  }
}

function datagramEndpoints(rules: readonly ServicePortRules[]): string[] {
  const ports = rules.filter((port) => port.protocol === 'UDP');
  return ports.flatMap((port) => [...port.endpoints, ...port.externalEndpoints].map((to) => to.ip));
}
