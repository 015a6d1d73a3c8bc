import { invalidValue } from '../causes.ts';
import { ALL_VERBS, type Kind } from '../kind.ts';
import { formatLabels } from '../labels.ts';
import { checkDns1035Label } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { services } from '../resources.ts';
import type { StatusCause } from '../status.ts';
import type { Service, ServicePort, ServiceSpec } from '../types/core.ts';
import { AGE_COLUMN, ageCell, column, NAME_COLUMN } from './cells.ts';
import { validateServiceSpec } from './servicespec.ts';

const AFFINITY_SECONDS = 10800;

export const serviceKind: Kind<Service> = {
  resource: services,
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  verbs: ALL_VERBS,
  subresources: ['status'],
  statusSubresource: true,
  columns: [
    NAME_COLUMN,
    column('Type', 'How the service is reached.'),
    column('Cluster-IP', 'Address inside the cluster.'),
    column('External-IP', 'Addresses from outside.'),
    column('Port(s)', 'Ports, node ports and protocols.'),
    AGE_COLUMN,
    column('Selector', 'Labels of the pods it routes to.', { wide: true }),
  ],

  defaults(service) {
    service.spec ??= {};
    defaultSpec(service.spec);
    if (service.spec.type === 'LoadBalancer') {
      for (const ingress of service.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
    }
  },

  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
  },

  prepareForUpdate(service, old) {
    keepAssigned(service.spec, old.spec);
    dropUnused(service.spec, old.spec);
  },

  validate: (service) => [
    ...validateObjectMeta(service.metadata, checkDns1035Label),
    ...validateServiceSpec(service.spec, 'spec'),
  ],

  validateUpdate: (service, old) => validateClusterIp(service.spec, old.spec),

  selectableFields: (service) => ({
    'spec.clusterIP': service.spec.clusterIP ?? '',
    'spec.type': service.spec.type ?? '',
  }),

  row(service, now) {
    const { spec } = service;
    return [
      service.metadata.name,
      spec.type ?? '',
      spec.clusterIPs?.[0] || spec.clusterIP || '<none>',
      externalAddress(service),
      portsText(spec.ports ?? []),
      ageCell(service, now),
      formatLabels(spec.selector),
    ];
  },
};

function defaultSpec(spec: ServiceSpec): void {
  spec.type ||= 'ClusterIP';
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else
    spec.sessionAffinityConfig = {
      clientIP: { timeoutSeconds: AFFINITY_SECONDS, ...spec.sessionAffinityConfig?.clientIP },
    };
  for (const port of spec.ports ?? []) defaultPort(port);
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (external || (spec.type === 'ClusterIP' && spec.externalIPs?.length)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  if (spec.type === 'ExternalName') return;
  spec.internalTrafficPolicy ||= 'Cluster';
  if (spec.clusterIP) spec.clusterIPs ??= [spec.clusterIP];
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
}

function defaultPort(port: ServicePort): void {
  port.protocol ||= 'TCP';
  port.targetPort ||= port.port;
}

/** What the server assigned stays when an update leaves it out: addresses, and the node ports of ports that stay. */
function keepAssigned(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.type !== 'ExternalName' && old.type !== 'ExternalName') {
    if (!spec.clusterIP && !spec.clusterIPs?.length) {
      if (old.clusterIP) spec.clusterIP = old.clusterIP;
      if (old.clusterIPs) spec.clusterIPs = [...old.clusterIPs];
    }
    spec.clusterIP ||= spec.clusterIPs?.[0] ?? '';
  }
  if (!usesNodePorts(spec) || !usesNodePorts(old)) return;
  const taken = new Set((spec.ports ?? []).map((port) => port.nodePort).filter(Boolean));
  for (const port of spec.ports ?? []) {
    const before = old.ports?.find((one) => one.port === port.port && one.protocol === port.protocol)?.nodePort;
    if (!port.nodePort && before && !taken.has(before)) {
      port.nodePort = before;
      taken.add(before);
    }
  }
}

/** What belongs to the old type goes when the type changes and the client did not touch it. */
function dropUnused(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.type === old.type) return;
  if (spec.type === 'ExternalName' && spec.clusterIP === old.clusterIP) {
    delete spec.clusterIP;
    delete spec.clusterIPs;
    delete spec.ipFamilies;
    delete spec.ipFamilyPolicy;
    delete spec.internalTrafficPolicy;
  }
  if (usesNodePorts(old) && !usesNodePorts(spec)) {
    for (const port of spec.ports ?? []) {
      if (old.ports?.some((one) => one.port === port.port && one.nodePort === port.nodePort)) delete port.nodePort;
    }
    if (!spec.externalIPs?.length && spec.externalTrafficPolicy === old.externalTrafficPolicy) {
      delete spec.externalTrafficPolicy;
    }
  }
  if (old.type === 'LoadBalancer') dropLoadBalancer(spec, old);
}

function dropLoadBalancer(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts)
    delete spec.allocateLoadBalancerNodePorts;
  if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass;
  if (spec.healthCheckNodePort === old.healthCheckNodePort) delete spec.healthCheckNodePort;
}

function usesNodePorts(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

function validateClusterIp(spec: ServiceSpec, old: ServiceSpec): StatusCause[] {
  const changesName = spec.type === 'ExternalName' || old.type === 'ExternalName';
  if (changesName || !old.clusterIP || spec.clusterIP === old.clusterIP) return [];
  const detail = 'may not change once set';
  return [invalidValue('spec.clusterIPs[0]', spec.clusterIP ? [spec.clusterIP] : [], detail)];
}

function externalAddress(service: Service): string {
  const { spec } = service;
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  const external = spec.externalIPs ?? [];
  if (spec.type !== 'LoadBalancer') return external.join(',') || '<none>';
  const assigned = service.status?.loadBalancer?.ingress ?? [];
  const addresses = assigned.map(({ ip, hostname }) => ip || hostname || '').filter(Boolean);
  return [...addresses, ...external].join(',') || '<pending>';
}

function portsText(ports: readonly ServicePort[]): string {
  const texts = ports.map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`);
  return texts.join(',') || '<none>';
}
