import { duplicate, forbidden, invalidEach, invalidValue, oneOf, required } from '../causes.ts';
import { validateIp } from '../ip.ts';
import { validateLabels } from '../labels.ts';
import { checkDnsLabel, checkDnsSubdomain, checkPort, checkPortNumber, checkQualifiedName } from '../names.ts';
import type { StatusCause } from '../status.ts';
import type { ServicePort, ServiceSpec } from '../types/core.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const POLICIES = ['Cluster', 'Local'];
const AFFINITY_SECONDS_MAX = 86400;

/** Problems of a Service's spec after defaulting. */
export function validateServiceSpec(spec: ServiceSpec, field: string): StatusCause[] {
  return [
    ...oneOf(`${field}.type`, spec.type, TYPES),
    ...validateByType(spec, field),
    ...validatePorts(spec, `${field}.ports`),
    ...validateLabels(spec.selector, `${field}.selector`),
    ...validateAffinity(spec, field),
    ...validateAddresses(spec, field),
    ...validateFamilies(spec, field),
    ...validatePolicies(spec, field),
  ];
}

function validateByType(spec: ServiceSpec, field: string): StatusCause[] {
  const headless = spec.clusterIP === 'None';
  switch (spec.type) {
    case 'LoadBalancer':
      return headless
        ? [invalidValue(`${field}.clusterIPs[0]`, 'None', "may not be set to 'None' for LoadBalancer services")]
        : [];
    case 'NodePort':
      return headless
        ? [invalidValue(`${field}.clusterIPs[0]`, 'None', "may not be set to 'None' for NodePort services")]
        : [];
    case 'ExternalName':
      return validateExternalName(spec, field);
    default:
      return [];
  }
}

function validateExternalName({ clusterIPs, externalName }: ServiceSpec, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (clusterIPs?.length) causes.push(forbidden(`${field}.clusterIPs`, "may not be set when `type` is 'ExternalName'"));
  const name = (externalName ?? '').replace(/\.$/, '');
  if (name === '') causes.push(required(`${field}.externalName`));
  else causes.push(...invalidEach(`${field}.externalName`, name, checkDnsSubdomain(name)));
  return causes;
}

function validatePorts(spec: ServiceSpec, field: string): StatusCause[] {
  const ports = spec.ports ?? [];
  const mayHaveNone = spec.type === 'ExternalName' || spec.clusterIP === 'None';
  const causes = ports.length === 0 && !mayHaveNone ? [required(field)] : [];
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `${field}[${index}]`;
    causes.push(...validatePortName(port.name ?? '', { names, needed: ports.length > 1, field: `${at}.name` }));
    names.add(port.name ?? '');
    causes.push(...validatePort(port, spec.type, at));
  }
  return [...causes, ...validateUnique(ports, field)];
}

function validatePortName(
  name: string,
  { names, needed, field }: { names: ReadonlySet<string>; needed: boolean; field: string },
): StatusCause[] {
  if (name === '') return needed ? [required(field)] : [];
  const causes = invalidEach(field, name, checkDnsLabel(name));
  if (names.has(name)) causes.push(duplicate(field, name));
  return causes;
}

function validatePort(port: ServicePort, type: ServiceSpec['type'], field: string): StatusCause[] {
  const target = port.targetPort ?? port.port ?? 0;
  const causes = [
    ...invalidEach(`${field}.port`, port.port ?? 0, checkPortNumber(port.port ?? 0)),
    ...oneOf(`${field}.protocol`, port.protocol, PROTOCOLS),
    ...invalidEach(`${field}.targetPort`, target, checkPort(target)),
  ];
  if (port.appProtocol) {
    causes.push(...invalidEach(`${field}.appProtocol`, port.appProtocol, checkQualifiedName(port.appProtocol)));
  }
  if (port.nodePort && (type === 'ClusterIP' || type === 'ExternalName')) {
    causes.push(forbidden(`${field}.nodePort`, `may not be used when \`type\` is '${type}'`));
  } else if (port.nodePort) {
    causes.push(...invalidEach(`${field}.nodePort`, port.nodePort, checkPortNumber(port.nodePort)));
  }
  return causes;
}

/** The same port twice, or the same node port twice, of one protocol. */
function validateUnique(ports: readonly ServicePort[], field: string): StatusCause[] {
  return ports.flatMap((port, index) => {
    const before = ports.slice(0, index).filter((one) => one.protocol === port.protocol);
    const causes: StatusCause[] = [];
    if (before.some((one) => one.port === port.port)) {
      causes.push(duplicate(`${field}[${index}]`, { protocol: port.protocol, port: port.port }));
    }
    if (port.nodePort && before.some((one) => one.nodePort === port.nodePort)) {
      causes.push(duplicate(`${field}[${index}].nodePort`, port.nodePort));
    }
    return causes;
  });
}

function validateAffinity(spec: ServiceSpec, field: string): StatusCause[] {
  const causes = oneOf(`${field}.sessionAffinity`, spec.sessionAffinity, ['ClientIP', 'None']);
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (
    spec.sessionAffinity === 'ClientIP' &&
    seconds !== undefined &&
    (seconds <= 0 || seconds > AFFINITY_SECONDS_MAX)
  ) {
    const at = `${field}.sessionAffinityConfig.clientIP.timeoutSeconds`;
    causes.push(invalidValue(at, seconds, `must be greater than 0 and less than ${AFFINITY_SECONDS_MAX}`));
  }
  return causes;
}

function validateAddresses(spec: ServiceSpec, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (spec.type !== 'ExternalName') {
    for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
      if (address !== 'None') causes.push(...validateIp(`${field}.clusterIPs[${index}]`, address));
    }
    if (spec.clusterIPs?.length && spec.clusterIP !== spec.clusterIPs[0]) {
      causes.push(invalidValue(`${field}.clusterIPs`, spec.clusterIPs, 'first value must match `clusterIP`'));
    }
  }
  for (const [index, address] of (spec.externalIPs ?? []).entries()) {
    causes.push(...validateIp(`${field}.externalIPs[${index}]`, address));
  }
  return causes;
}

function validatePolicies(spec: ServiceSpec, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (spec.internalTrafficPolicy) {
    causes.push(...oneOf(`${field}.internalTrafficPolicy`, spec.internalTrafficPolicy, POLICIES));
  }
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || Boolean(spec.externalIPs?.length);
  if (spec.externalTrafficPolicy && !external) {
    const detail = 'may only be set for externally-accessible services';
    causes.push(invalidValue(`${field}.externalTrafficPolicy`, spec.externalTrafficPolicy, detail));
  } else if (spec.externalTrafficPolicy) {
    causes.push(...oneOf(`${field}.externalTrafficPolicy`, spec.externalTrafficPolicy, POLICIES));
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && spec.type !== 'LoadBalancer') {
    causes.push(forbidden(`${field}.allocateLoadBalancerNodePorts`, "may only be used when `type` is 'LoadBalancer'"));
  }
  return causes;
}

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** Services here have IPv4 addresses: asking for others is refused as by a cluster that is configured so. */
function validateFamilies({ ipFamilies = [], ipFamilyPolicy }: ServiceSpec, field: string): StatusCause[] {
  const causes = ipFamilies.flatMap((family, index) => {
    const at = `${field}.ipFamilies[${index}]`;
    if (family === 'IPv4') return [];
    return FAMILIES.includes(family)
      ? [invalidValue(at, family, 'not configured on this cluster')]
      : oneOf(at, family, FAMILIES);
  });
  if (ipFamilyPolicy === 'RequireDualStack') {
    const why = 'this cluster is not configured for dual-stack services';
    return [...causes, invalidValue(`${field}.ipFamilyPolicy`, ipFamilyPolicy, why)];
  }
  if (ipFamilyPolicy === undefined) return causes;
  return [...causes, ...oneOf(`${field}.ipFamilyPolicy`, ipFamilyPolicy, FAMILY_POLICIES)];
}
