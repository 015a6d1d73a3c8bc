import type { Protocol } from '../../../api/types/core.ts';
import type { Clock } from '../../../base/clock.ts';
import { below, type Random } from '../../../base/random.ts';
import type { ProxyDataPlane, RuleEndpoint, ServicePortRules } from '../dataplane.ts';

export interface FakePacket {
  /** A cluster address, or undefined for the node's own: then `port` is a node port. */
  readonly address: string | undefined;
  readonly port: number;
  readonly protocol: Protocol;
  readonly clientIP: string;
}

/** A connection that the data plane tracks: it leads to the same endpoint as long as it is tracked. */
export interface FakeConnection {
  readonly packet: FakePacket;
  readonly endpoint: RuleEndpoint;
  /** Whether the endpoint ever answered. */
  replied: boolean;
}

/** A data plane in memory: what the kernel would do with a connection, by the rules it was given. */
export class FakeDataPlane implements ProxyDataPlane {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #services = new Map<string, readonly ServicePortRules[]>();
  readonly #tracked = new Set<FakeConnection>();
  /** By client, port and endpoint: until when they belong together. */
  readonly #affinity = new Map<string, { readonly endpoint: string; readonly port: string; readonly until: number }>();

  constructor(env: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = env.clock;
    this.#random = env.random;
  }

  replace(services: ReadonlyMap<string, readonly ServicePortRules[]>): void {
    for (const [service, rules] of services) {
      if (rules.length === 0) this.#services.delete(service);
      else this.#services.set(service, rules);
    }
    for (const [key, { endpoint, port }] of this.#affinity)
      if (!this.#listed(port).has(endpoint)) this.#affinity.delete(key);
    for (const connection of this.#tracked) {
      if (connection.packet.protocol === 'UDP' && !this.#lists(connection)) this.#tracked.delete(connection);
    }
  }

  services(): ReadonlySet<string> {
    return new Set(this.#services.keys());
  }

  async flushUnreplied(podIP: string): Promise<void> {
    for (const connection of this.#tracked) {
      if (!connection.replied && connection.endpoint.ip === podIP) this.#tracked.delete(connection);
    }
  }

  close(): void {
    this.#tracked.clear();
  }

  /** What becomes of a new connection. */
  connect(packet: FakePacket): FakeConnection | 'refused' {
    const endpoint = this.#choose(packet);
    if (!endpoint) return 'refused';
    const connection = { packet, endpoint, replied: false };
    this.#tracked.add(connection);
    return connection;
  }

  /** The connection ended: it is tracked no more. */
  end(connection: FakeConnection): void {
    this.#tracked.delete(connection);
  }

  /** Addresses that new connections to a service may be led to now. */
  endpointsOf(service: string): readonly RuleEndpoint[] {
    return (this.#services.get(service) ?? []).flatMap((rules) => [...rules.endpoints, ...rules.externalEndpoints]);
  }

  /** What becomes of the next packet of a connection: its endpoint, or, once it was forgotten, a new one. */
  send(connection: FakeConnection): FakeConnection | 'refused' {
    return this.#tracked.has(connection) ? connection : this.connect(connection.packet);
  }

  #choose(packet: FakePacket): RuleEndpoint | undefined {
    const found = this.#portFor(packet);
    const endpoints = (packet.address === undefined ? found?.rules.externalEndpoints : found?.rules.endpoints) ?? [];
    if (!found || endpoints.length === 0) return undefined;
    const seconds = found.rules.affinitySeconds;
    if (seconds === undefined) return endpoints[below(this.#random, endpoints.length)];
    const now = this.#clock.monotonic();
    const keyOf = (to: RuleEndpoint) => `${packet.clientIP} ${found.id} ${textOf(to)}`;
    const kept = endpoints.find((to) => (this.#affinity.get(keyOf(to))?.until ?? 0) > now);
    const endpoint = kept ?? endpoints[below(this.#random, endpoints.length)]!;
    this.#affinity.set(keyOf(endpoint), { endpoint: textOf(endpoint), port: found.id, until: now + seconds * 1000 });
    return endpoint;
  }

  #portFor({ address, port, protocol }: FakePacket): { id: string; rules: ServicePortRules } | undefined {
    const serves = (rules: ServicePortRules) =>
      rules.protocol === protocol &&
      (address === undefined ? rules.nodePort === port : rules.port === port && rules.addresses.includes(address));
    for (const [service, ports] of this.#services) {
      const rules = ports.find(serves);
      if (rules) return { id: portId(service, rules), rules };
    }
    return undefined;
  }

  #lists(connection: FakeConnection): boolean {
    const found = this.#portFor(connection.packet);
    return found !== undefined && this.#listed(found.id).has(textOf(connection.endpoint));
  }

  /** Endpoints of a port, by whichever way they are reached. */
  #listed(id: string): Set<string> {
    const service = id.slice(0, id.indexOf(' '));
    const rules = this.#services.get(service)?.find((one) => portId(service, one) === id);
    return new Set([...(rules?.endpoints ?? []), ...(rules?.externalEndpoints ?? [])].map(textOf));
  }
}

function portId(service: string, rules: ServicePortRules): string {
  return `${service} ${rules.protocol}/${rules.port}`;
}

function textOf(endpoint: RuleEndpoint): string {
  return `${endpoint.ip}:${endpoint.port}`;
}
