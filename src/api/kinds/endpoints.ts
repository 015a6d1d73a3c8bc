import { invalidEach, oneOf, required } from '../causes.ts';
import { validateIp } from '../ip.ts';
import { ALL_VERBS, type Kind } from '../kind.ts';
import { checkDnsLabel, checkDnsSubdomain, checkPortNumber } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { endpoints } from '../resources.ts';
import type { StatusCause } from '../status.ts';
import type { EndpointSubset, Endpoints } from '../types/core.ts';
import { AGE_COLUMN, ageCell, column, firstFew, NAME_COLUMN } from './cells.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export const endpointsKind: Kind<Endpoints> = {
  resource: endpoints,
  singular: 'endpoints',
  shortNames: ['ep'],
  verbs: ALL_VERBS,
  columns: [NAME_COLUMN, column('Endpoints', 'Addresses and ports that are ready.'), AGE_COLUMN],

  defaults(object) {
    for (const subset of object.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP';
  },

  validate(object) {
    const subsets = object.subsets ?? [];
    return [
      ...validateObjectMeta(object.metadata, checkDnsSubdomain),
      ...subsets.flatMap((subset, index) => validateSubset(subset, `subsets[${index}]`)),
    ];
  },

  row: (object, now) => [
    object.metadata.name,
    firstFew((object.subsets ?? []).flatMap(readyAddresses), { empty: '<none>' }),
    ageCell(object, now),
  ],
};

function readyAddresses({ addresses = [], ports = [] }: EndpointSubset): string[] {
  if (ports.length === 0) return addresses.map(({ ip }) => ip);
  return ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port)));
}

function hostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function validateSubset(
  { addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset,
  field: string,
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (addresses.length + notReadyAddresses.length === 0) {
    causes.push(required(field, 'must specify `addresses` or `notReadyAddresses`'));
  }
  for (const [name, list] of Object.entries({ addresses, notReadyAddresses })) {
    list.forEach(({ ip }, index) => {
      causes.push(...validateIp(`${field}.${name}[${index}].ip`, ip ?? ''));
    });
  }
  for (const [index, port] of ports.entries()) {
    const at = `${field}.ports[${index}]`;
    if (!port.name && ports.length > 1) causes.push(required(`${at}.name`));
    else if (port.name) causes.push(...invalidEach(`${at}.name`, port.name, checkDnsLabel(port.name)));
    causes.push(...invalidEach(`${at}.port`, port.port ?? 0, checkPortNumber(port.port ?? 0)));
    causes.push(...oneOf(`${at}.protocol`, port.protocol, PROTOCOLS));
  }
  return causes;
}
