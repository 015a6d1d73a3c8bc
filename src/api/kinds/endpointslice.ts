import { duplicate, invalidEach, oneOf, required, tooMany } from '../causes.ts';
import { validateIp } from '../ip.ts';
import { ALL_VERBS, type Kind } from '../kind.ts';
import { checkDnsLabel, checkDnsSubdomain, checkPortNumber, checkQualifiedName } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { endpointSlices } from '../resources.ts';
import type { StatusCause } from '../status.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../types/discovery.ts';
import { AGE_COLUMN, ageCell, column, firstFew, NAME_COLUMN } from './cells.ts';
import { unchanged } from './immutable.ts';

const ENDPOINTS_MAX = 1000;
const ADDRESSES_MAX = 100;
const PORTS_MAX = 100;

export const endpointSliceKind: Kind<EndpointSlice> = {
  resource: endpointSlices,
  singular: 'endpointslice',
  verbs: ALL_VERBS,
  generation: true,
  columns: [
    NAME_COLUMN,
    column('AddressType', 'Kind of address the slice holds.'),
    column('Ports', 'Ports of every endpoint in the slice.'),
    column('Endpoints', 'Addresses of the endpoints.'),
    AGE_COLUMN,
  ],

  defaults(slice) {
    slice.endpoints ??= [];
    for (const port of slice.ports ?? []) {
      port.name ??= '';
      port.protocol ||= 'TCP';
    }
  },

  validate: (slice) => [
    ...validateObjectMeta(slice.metadata, checkDnsSubdomain),
    ...oneOf('addressType', slice.addressType, ['FQDN', 'IPv4', 'IPv6']),
    ...validateEndpoints(slice),
    ...validatePorts(slice.ports ?? []),
  ],

  validateUpdate: (slice, old) => unchanged('addressType', slice.addressType, old.addressType),

  row: (slice, now) => [
    slice.metadata.name,
    slice.addressType,
    firstFew(
      (slice.ports ?? []).map(({ port }) => (port === undefined ? '*' : String(port))),
      { empty: '<unset>' },
    ),
    firstFew(
      slice.endpoints.flatMap(({ addresses }) => addresses),
      { empty: '<unset>' },
    ),
    ageCell(slice, now),
  ],
};

function validateEndpoints({ addressType, endpoints }: EndpointSlice): StatusCause[] {
  if (endpoints.length > ENDPOINTS_MAX) return [tooMany('endpoints', endpoints.length, ENDPOINTS_MAX)];
  return endpoints.flatMap((endpoint, index) => validateEndpoint(endpoint, addressType, `endpoints[${index}]`));
}

function validateEndpoint(
  { addresses, nodeName, hostname }: Endpoint,
  addressType: EndpointSlice['addressType'],
  field: string,
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!addresses?.length) causes.push(required(`${field}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > ADDRESSES_MAX)
    causes.push(tooMany(`${field}.addresses`, addresses.length, ADDRESSES_MAX));
  for (const [index, address] of (addresses ?? []).entries()) {
    const at = `${field}.addresses[${index}]`;
    if (addressType === 'FQDN') causes.push(...invalidEach(at, address, checkDnsSubdomain(address)));
    else causes.push(...validateIp(at, address, addressType));
  }
  if (nodeName) causes.push(...invalidEach(`${field}.nodeName`, nodeName, checkDnsSubdomain(nodeName)));
  if (hostname) causes.push(...invalidEach(`${field}.hostname`, hostname, checkDnsLabel(hostname)));
  return causes;
}

function validatePorts(ports: readonly EndpointPort[]): StatusCause[] {
  if (ports.length > PORTS_MAX) return [tooMany('ports', ports.length, PORTS_MAX)];
  return ports.flatMap(({ name = '', port, protocol, appProtocol }, index) => {
    const at = `ports[${index}]`;
    const causes = name ? invalidEach(`${at}.name`, name, checkDnsLabel(name)) : [];
    if (ports.findIndex((one) => (one.name ?? '') === name) < index) causes.push(duplicate(`${at}.name`, name));
    if (port !== undefined) causes.push(...invalidEach(`${at}.port`, port, checkPortNumber(port)));
    causes.push(...oneOf(`${at}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
    if (appProtocol) causes.push(...invalidEach(`${at}.appProtocol`, appProtocol, checkQualifiedName(appProtocol)));
    return causes;
  });
}
