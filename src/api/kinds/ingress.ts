import { isIP } from 'node:net';
import { invalidEach, invalidValue, oneOf, required } from '../causes.ts';
import { ALL_VERBS, type Kind } from '../kind.ts';
import {
  checkDns1035Label,
  checkDnsSubdomain,
  checkPortName,
  checkPortNumber,
  checkWildcardSubdomain,
} from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { ingresses } from '../resources.ts';
import type { StatusCause } from '../status.ts';
import type { Ingress, IngressBackend, IngressRule } from '../types/networking.ts';
import { AGE_COLUMN, ageCell, column, firstFew, NAME_COLUMN } from './cells.ts';

type IngressPath = NonNullable<IngressRule['http']>['paths'][number];

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const UNSAFE_IN_PATH = ['//', '/./', '/../', '%2f', '%2F'];
const UNSAFE_AT_END = ['/..', '/.'];

export const ingressKind: Kind<Ingress> = {
  resource: ingresses,
  singular: 'ingress',
  shortNames: ['ing'],
  verbs: ALL_VERBS,
  subresources: ['status'],
  statusSubresource: true,
  generation: true,
  columns: [
    NAME_COLUMN,
    column('Class', 'Ingress class that serves it.'),
    column('Hosts', 'Hosts that its rules name.'),
    column('Address', 'Where it is reached.'),
    column('Ports', 'Ports it is served on.'),
    AGE_COLUMN,
  ],

  defaults(ingress) {
    ingress.spec ??= {};
  },

  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },

  validate: (ingress) => [
    ...validateObjectMeta(ingress.metadata, checkDnsSubdomain),
    ...validateSpec(ingress.spec ?? {}, 'spec'),
  ],

  row(ingress, now) {
    const { spec, status } = ingress;
    const hosts = (spec?.rules ?? []).map(({ host }) => host ?? '').filter(Boolean);
    const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
    return [
      ingress.metadata.name,
      spec?.ingressClassName ?? '<none>',
      firstFew(hosts, { empty: '*' }),
      addresses.filter(Boolean).join(','),
      spec?.tls?.length ? '80, 443' : '80',
      ageCell(ingress, now),
    ];
  },
};

function validateSpec(spec: NonNullable<Ingress['spec']>, field: string): StatusCause[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  const causes: StatusCause[] = [];
  if (rules.length === 0 && !defaultBackend) {
    causes.push(invalidValue(field, spec, 'either `defaultBackend` or `rules` must be specified'));
  }
  rules.forEach((rule, index) => {
    causes.push(...validateRule(rule, `${field}.rules[${index}]`));
  });
  if (defaultBackend) causes.push(...validateBackend(defaultBackend, `${field}.defaultBackend`));
  tls.forEach(({ hosts = [] }, index) => {
    for (const [at, host] of hosts.entries()) causes.push(...validateHost(host, `${field}.tls[${index}].hosts[${at}]`));
  });
  if (ingressClassName !== undefined) {
    causes.push(...invalidEach(`${field}.ingressClassName`, ingressClassName, checkDnsSubdomain(ingressClassName)));
  }
  return causes;
}

function validateRule({ host, http }: IngressRule, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (host && isIP(host)) causes.push(invalidValue(`${field}.host`, host, 'must be a DNS name, not an IP address'));
  else if (host) causes.push(...validateHost(host, `${field}.host`));
  if (!http) return causes;
  if (!http.paths?.length) causes.push(required(`${field}.http.paths`));
  (http.paths ?? []).forEach((path, index) => {
    causes.push(...validatePath(path, `${field}.http.paths[${index}]`));
  });
  return causes;
}

function validateHost(host: string, field: string): StatusCause[] {
  return invalidEach(field, host, host.includes('*') ? checkWildcardSubdomain(host) : checkDnsSubdomain(host));
}

function validatePath({ path = '', pathType, backend }: IngressPath, field: string): StatusCause[] {
  const at = `${field}.path`;
  const causes: StatusCause[] = [];
  if (!pathType) causes.push(required(`${field}.pathType`, 'pathType must be specified'));
  else causes.push(...oneOf(`${field}.pathType`, pathType, PATH_TYPES));
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!path.startsWith('/')) causes.push(invalidValue(at, path, 'must be an absolute path'));
    for (const unsafe of UNSAFE_IN_PATH.filter((one) => path.includes(one))) {
      causes.push(invalidValue(at, path, `must not contain '${unsafe}'`));
    }
    for (const unsafe of UNSAFE_AT_END.filter((one) => path.endsWith(one))) {
      causes.push(invalidValue(at, path, `cannot end with '${unsafe}'`));
    }
  } else if (path && !path.startsWith('/')) {
    causes.push(invalidValue(at, path, 'must be an absolute path'));
  }
  return [...causes, ...validateBackend(backend ?? {}, `${field}.backend`)];
}

function validateBackend({ service, resource }: IngressBackend, field: string): StatusCause[] {
  if (service && resource) return [invalidValue(field, '', 'cannot set both resource and service backends')];
  if (resource) {
    return [
      ...(resource.kind ? [] : [required(`${field}.resource.kind`)]),
      ...(resource.name ? [] : [required(`${field}.resource.name`)]),
    ];
  }
  if (!service) return [required(field, 'port name or number is required')];
  const causes = service.name
    ? invalidEach(`${field}.service.name`, service.name, checkDns1035Label(service.name))
    : [required(`${field}.service.name`)];
  const { name, number } = service.port ?? {};
  if (name && number) causes.push(invalidValue(field, '', 'cannot set both port name & port number'));
  else if (name) causes.push(...invalidEach(`${field}.service.port.name`, name, checkPortName(name)));
  else if (number) causes.push(...invalidEach(`${field}.service.port.number`, number, checkPortNumber(number)));
  else causes.push(required(field, 'port name or number is required'));
  return causes;
}
