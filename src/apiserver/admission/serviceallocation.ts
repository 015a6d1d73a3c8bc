import { invalidValue } from '../../api/causes.ts';
import { invalid, type StatusCause, StatusError } from '../../api/status.ts';
import type { Service, ServicePort, ServiceSpec } from '../../api/types/core.ts';
import { assert } from '../../base/assert.ts';
import type { Env } from '../../base/env.ts';
import type { AdmissionHook, Reservation } from './admission.ts';
import { Allocator, reservedLow } from './allocator.ts';
import { formatIpv4, parseIpv4, parseIpv4Block } from './ipv4.ts';

export interface ServiceAllocationOptions {
  readonly env: Env;
  /** IPv4 block of the cluster IPs, such as `10.96.0.0/16`. */
  readonly serviceCIDR: string;
  /** Both ends belong to it. */
  readonly nodePortRange: { readonly from: number; readonly to: number };
  /** What is there already: its addresses and ports are taken. */
  readonly existing: Iterable<Service>;
}

/** Gives Services their cluster IPs and node ports, and takes them back. Keeps the books in memory only. */
export function serviceAllocation(options: ServiceAllocationOptions): AdmissionHook {
  const block = parseIpv4Block(options.serviceCIDR);
  assert(block, `serviceCIDR ${options.serviceCIDR} is an IPv4 block of at least four addresses`);
  const ports = options.nodePortRange;
  const books: Books = {
    env: options.env,
    serviceCIDR: options.serviceCIDR,
    nodePortRange: ports,
    ips: new Allocator({ ...block, reservedLow: reservedLow(block.to - block.from + 1) }),
    ports: new Allocator({ ...ports, reservedLow: Math.min(reservedLow(ports.to - ports.from + 1), 86) }),
  };
  for (const service of options.existing) claimExisting(books, holdings(service));
  return {
    reserve: (object, old) => reserve(books, object as Service, old as Service | undefined),
    released: (object) => release(books, holdings(object as Service)),
  };
}

interface Books {
  readonly env: Env;
  readonly serviceCIDR: string;
  readonly nodePortRange: { readonly from: number; readonly to: number };
  readonly ips: Allocator;
  readonly ports: Allocator;
}

/** What a Service holds, as numbers of the two allocators. */
interface Holdings {
  readonly ips: Set<number>;
  readonly ports: Set<number>;
}

function reserve(books: Books, service: Service, old: Service | undefined): Reservation {
  const before = old ? holdings(old) : { ips: new Set<number>(), ports: new Set<number>() };
  const taken: Holdings = { ips: new Set(), ports: new Set() };
  const giveBack = () => release(books, taken);
  try {
    if (needsClusterIp(service.spec)) takeClusterIp(books, service, { before, taken });
    if (needsNodePorts(service.spec)) takeNodePorts(books, service, { before, taken });
  } catch (error) {
    giveBack();
    throw error;
  }
  const after = holdings(service);
  const left: Holdings = { ips: before.ips.difference(after.ips), ports: before.ports.difference(after.ports) };
  return { keep: () => release(books, left), giveBack };
}

type Progress = { before: Holdings; taken: Holdings };

function takeClusterIp(books: Books, service: Service, { before, taken }: Progress): void {
  const { spec } = service;
  const requested = spec.clusterIP || spec.clusterIPs?.[0];
  const ip = requested ? claimIp(books, service, { requested, before }) : drawIp(books);
  if (!before.ips.has(ip)) taken.ips.add(ip);
  spec.clusterIP = formatIpv4(ip);
  spec.clusterIPs = [spec.clusterIP];
}

function claimIp(books: Books, service: Service, options: { requested: string; before: Holdings }): number {
  const { requested, before } = options;
  const ip = parseIpv4(requested);
  const fail = (why: string) => {
    const message = `failed to allocate IP ${requested}: ${why}`;
    return invalidService(service, invalidValue('spec.clusterIPs', [requested], message));
  };
  if (ip === undefined || !books.ips.contains(ip)) {
    throw fail(
      `the provided IP (${requested}) is not in the valid range. The range of valid IPs is ${books.serviceCIDR}`,
    );
  }
  if (!before.ips.has(ip) && !books.ips.claim(ip)) throw fail('provided IP is already allocated');
  return ip;
}

function drawIp(books: Books): number {
  const ip = books.ips.draw(books.env.random);
  if (ip !== undefined) return ip;
  throw new StatusError('InternalError', `failed to allocate a serviceIP: range ${books.serviceCIDR} is full`);
}

function takeNodePorts(books: Books, service: Service, { before, taken }: Progress): void {
  (service.spec.ports ?? []).forEach((port, index) => {
    if (!port.nodePort) port.nodePort = sharedPort(service, port) ?? drawPort(books, taken);
    else if (!before.ports.has(port.nodePort) && !taken.ports.has(port.nodePort)) {
      claimPort(books, service, { port: port.nodePort, index });
      taken.ports.add(port.nodePort);
    }
  });
}

/** One number serves several protocols of the same port, as DNS needs it. */
function sharedPort(service: Service, port: ServicePort): number | undefined {
  const twin = service.spec.ports?.find(
    (other) => other.nodePort && other.port === port.port && other.protocol !== port.protocol,
  );
  return twin?.nodePort;
}

function claimPort(books: Books, service: Service, wanted: { port: number; index: number }): void {
  const { from, to } = books.nodePortRange;
  const field = `spec.ports[${wanted.index}].nodePort`;
  if (!books.ports.contains(wanted.port)) {
    const why = `provided port is not in the valid range. The range of valid ports is ${from}-${to}`;
    throw invalidService(service, invalidValue(field, wanted.port, why));
  }
  if (!books.ports.claim(wanted.port)) {
    throw invalidService(service, invalidValue(field, wanted.port, 'provided port is already allocated'));
  }
}

function drawPort(books: Books, taken: Holdings): number {
  const port = books.ports.draw(books.env.random);
  if (port === undefined) {
    const { from, to } = books.nodePortRange;
    throw new StatusError('InternalError', `failed to allocate a nodePort: range ${from}-${to} is full`);
  }
  taken.ports.add(port);
  return port;
}

function needsClusterIp(spec: ServiceSpec): boolean {
  return spec.type !== 'ExternalName' && spec.clusterIP !== 'None' && spec.clusterIPs?.[0] !== 'None';
}

function needsNodePorts(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
}

function holdings({ spec }: Service): Holdings {
  const ips = needsClusterIp(spec) ? [spec.clusterIP, ...(spec.clusterIPs ?? [])] : [];
  const ports = needsNodePorts(spec) ? (spec.ports ?? []).map((port) => port.nodePort) : [];
  return {
    ips: new Set(ips.map((ip) => (ip ? parseIpv4(ip) : undefined)).filter((ip) => ip !== undefined)),
    ports: new Set(ports.filter((port) => port !== undefined)),
  };
}

/** Books in what is stored. A range that was made smaller since leaves some of it outside: those stay as they are. */
function claimExisting(books: Books, held: Holdings): void {
  for (const ip of held.ips) if (books.ips.contains(ip)) books.ips.claim(ip);
  for (const port of held.ports) if (books.ports.contains(port)) books.ports.claim(port);
}

function release(books: Books, held: Holdings): void {
  for (const ip of held.ips) books.ips.release(ip);
  for (const port of held.ports) books.ports.release(port);
}

function invalidService(service: Service, cause: StatusCause): StatusError {
  return invalid({ group: '', kind: 'Service', name: service.metadata.name }, [cause]);
}
