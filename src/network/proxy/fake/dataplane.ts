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
  /** Of a port's endpoint and a client, until when they belong together. */
  readonly #affinity = new Map<string, number>();

  constructor(env: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = env.clock;
    this.#random = env.random;
  }

  replace(services: ReadonlyMap<string, readonly ServicePortRules[]>): void {
    for (const [service, rules] of services) {
      if (rules.length === 0) this.#services.delete(service);
      else this.#services.set(service, rules);
    }
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

  /** What becomes of the next packet of a connection: its endpoint, or, once it was forgotten, a new one. */
  send(connection: FakeConnection): FakeConnection | 'refused' {
    return this.#tracked.has(connection) ? connection : this.connect(connection.packet);
  }

  #choose(packet: FakePacket): RuleEndpoint | undefined {
    const port = this.#portFor(packet);
    const endpoints = (packet.address === undefined ? port?.externalEndpoints : port?.endpoints) ?? [];
    if (!port || endpoints.length === 0) return undefined;
    const seconds = port.affinitySeconds;
    if (seconds === undefined) return endpoints[below(this.#random, endpoints.length)];
    const now = this.#clock.monotonic();
    const keyOf = (to: RuleEndpoint) => `${packet.clientIP} ${port.portName} ${to.ip}:${to.port}`;
    const kept = endpoints.find((to) => (this.#affinity.get(keyOf(to)) ?? 0) > now);
    const endpoint = kept ?? endpoints[below(this.#random, endpoints.length)]!;
    this.#affinity.set(keyOf(endpoint), now + seconds * 1000);
    return endpoint;
  }

  #portFor({ address, port, protocol }: FakePacket): ServicePortRules | undefined {
    const serves = (rules: ServicePortRules) =>
      rules.protocol === protocol &&
      (address === undefined ? rules.nodePort === port : rules.port === port && rules.addresses.includes(address));
    for (const rules of this.#services.values()) {
      const found = rules.find(serves);
      if (found) return found;
    }
    return undefined;
  }

  #lists(connection: FakeConnection): boolean {
    const port = this.#portFor(connection.packet);
    const listed = [...(port?.endpoints ?? []), ...(port?.externalEndpoints ?? [])];
    return listed.some((to) => to.ip === connection.endpoint.ip && to.port === connection.endpoint.port);
  }
}
