import { invalidEach, invalidValue, notSupported, required } from '../../causes.ts';
import { checkConfigKey, checkEnvVarName } from '../../names.ts';
import type { StatusCause } from '../../status.ts';
import type { EnvFromSource, EnvVar } from '../../types/core.ts';

const FIELD_PATHS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const SUBSCRIPTED_PATH = /^metadata\.(labels|annotations)\['[^']*'\]$/;
const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** Problems of environment variables. The same name twice is allowed, as in Kubernetes: the last one wins. */
export function validateEnv(variables: readonly EnvVar[], field: string): StatusCause[] {
  return variables.flatMap((variable, index) => {
    const at = `${field}[${index}]`;
    const name = variable.name
      ? invalidEach(`${at}.name`, variable.name, checkEnvVarName(variable.name))
      : [required(`${at}.name`)];
    return [...name, ...validateValueFrom(variable, `${at}.valueFrom`)];
  });
}

function validateValueFrom({ value, valueFrom }: EnvVar, field: string): StatusCause[] {
  if (!valueFrom) return [];
  const causes: StatusCause[] = [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter(Boolean).length;
  if (fieldRef) causes.push(...validateFieldPath(fieldRef.fieldPath, `${field}.fieldRef.fieldPath`));
  if (resourceFieldRef)
    causes.push(...validateResource(resourceFieldRef.resource, `${field}.resourceFieldRef.resource`));
  if (configMapKeyRef) causes.push(...validateKeyRef(configMapKeyRef, `${field}.configMapKeyRef`));
  if (secretKeyRef) causes.push(...validateKeyRef(secretKeyRef, `${field}.secretKeyRef`));
  if (count === 0) {
    const detail = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    causes.push(invalidValue(field, '', detail));
  } else if (value) {
    causes.push(invalidValue(field, '', 'may not be specified when `value` is not empty'));
  } else if (count > 1) {
    causes.push(invalidValue(field, '', 'may not have more than one field specified at a time'));
  }
  return causes;
}

function validateFieldPath(path: string | undefined, field: string): StatusCause[] {
  if (!path) return [required(field)];
  return FIELD_PATHS.includes(path) || SUBSCRIPTED_PATH.test(path) ? [] : [notSupported(field, path, FIELD_PATHS)];
}

function validateResource(resource: string | undefined, field: string): StatusCause[] {
  if (!resource) return [required(field)];
  if (RESOURCES.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource)) return [];
  return [notSupported(field, resource, RESOURCES)];
}

function validateKeyRef(ref: { name?: string; key?: string }, field: string): StatusCause[] {
  return [
    ...(ref.name ? [] : [required(`${field}.name`)]),
    ...(ref.key ? invalidEach(`${field}.key`, ref.key, checkConfigKey(ref.key)) : [required(`${field}.key`)]),
  ];
}

export function validateEnvFrom(sources: readonly EnvFromSource[], field: string): StatusCause[] {
  return sources.flatMap(({ prefix, configMapRef, secretRef }, index) => {
    const at = `${field}[${index}]`;
    const causes = prefix ? invalidEach(`${at}.prefix`, prefix, checkEnvVarName(prefix)) : [];
    if (configMapRef && !configMapRef.name) causes.push(required(`${at}.configMapRef.name`));
    if (secretRef && !secretRef.name) causes.push(required(`${at}.secretRef.name`));
    if (!configMapRef && !secretRef) {
      causes.push(invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef && secretRef) {
      causes.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
    }
    return causes;
  });
}
