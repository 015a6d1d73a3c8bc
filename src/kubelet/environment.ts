import { parseQuantity } from '../api/quantity.ts';
import type { ConfigMap, Container, EnvVar, Pod, Secret, Service } from '../api/types/core.ts';

/** What environment variables may refer to. */
export interface EnvironmentSources {
  readonly pod: Pod;
  readonly podIP: string;
  readonly hostIP: string;
  /** All Services of the pod's namespace; empty when the pod wants no service links. */
  readonly services: readonly Service[];
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
}

/** A reference leads nowhere; the container waits with reason CreateContainerConfigError. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The environment of `container`, with `$(NAME)` references expanded in the order Kubernetes defines. Pure. */
export function environmentOf(container: Container, sources: EnvironmentSources): Record<string, string> {
  const env: Record<string, string> = {};
  for (const service of sources.services) Object.assign(env, serviceVariables(service));
  for (const from of container.envFrom ?? []) Object.assign(env, fromSource(from, sources));
  for (const variable of container.env ?? []) {
    const value = variableValue(variable, container, sources);
    if (value !== undefined) env[variable.name] = expand(value, env);
  }
  return env;
}

/** Replaces `$(NAME)` by the variable's value; unknown names stay as they are, `$$(NAME)` gives `$(NAME)`. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) => {
    if (match === '$$') return '$';
    return name !== undefined && name in env ? (env[name] as string) : match;
  });
}

/** Variables that tell where a Service is, in both of the forms that Kubernetes inherited from Docker links. */
export function serviceVariables(service: Service): Record<string, string> {
  const { clusterIP, ports } = service.spec;
  const first = ports?.[0];
  if (!clusterIP || clusterIP === 'None' || !first) return {};
  const prefix = variableName(service.metadata.name);
  const out: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: clusterIP,
    [`${prefix}_SERVICE_PORT`]: String(first.port),
    [`${prefix}_PORT`]: `${(first.protocol ?? 'TCP').toLowerCase()}://${clusterIP}:${first.port}`,
  };
  for (const { name, port, protocol = 'TCP' } of ports ?? []) {
    if (name) out[`${prefix}_SERVICE_PORT_${variableName(name)}`] = String(port);
    const link = `${prefix}_PORT_${port}_${protocol}`;
    out[link] = `${protocol.toLowerCase()}://${clusterIP}:${port}`;
    out[`${link}_PROTO`] = protocol.toLowerCase();
    out[`${link}_PORT`] = String(port);
    out[`${link}_ADDR`] = clusterIP;
  }
  return out;
}

/** The value of a pod's own field (downward API). Undefined for a field that pods do not expose. */
export function podField(path: string, { pod, podIP, hostIP }: Pick<EnvironmentSources, 'pod' | 'podIP' | 'hostIP'>) {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] as string] ?? '';
  const fields: Record<string, string> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace ?? '',
    'metadata.uid': metadata.uid,
    'metadata.labels': pairs(metadata.labels),
    'metadata.annotations': pairs(metadata.annotations),
    'spec.nodeName': spec.nodeName ?? '',
    'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
    'status.hostIP': hostIP,
    'status.hostIPs': hostIP,
    'status.podIP': podIP,
    'status.podIPs': podIP,
  };
  return fields[path];
}

function pairs(map: Record<string, string> = {}): string {
  return Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

function fromSource(from: NonNullable<Container['envFrom']>[number], sources: EnvironmentSources) {
  const { prefix = '', configMapRef, secretRef } = from;
  const data = configMapRef
    ? sources.configMap(configMapRef.name)?.data
    : secretRef
      ? decoded(sources.secret(secretRef.name))
      : {};
  const reference = configMapRef ?? secretRef;
  const what = configMapRef ? 'configmap' : 'secret';
  if (!data && !reference?.optional) throw new ConfigError(`${what} "${reference?.name}" not found`);
  return Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [prefix + key, value]));
}

function variableValue(variable: EnvVar, container: Container, sources: EnvironmentSources): string | undefined {
  const { valueFrom } = variable;
  if (!valueFrom) return variable.value ?? '';
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef) {
    const value = podField(fieldRef.fieldPath, sources);
    if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef) {
    return resourceField(container, resourceFieldRef);
  }
  if (configMapKeyRef) {
    return keyed('configmap', configMapKeyRef, sources.configMap(configMapKeyRef.name)?.data);
  }
  return secretKeyRef ? keyed('secret', secretKeyRef, decoded(sources.secret(secretKeyRef.name))) : '';
}

/** A request or limit in units of the divisor, rounded up; 0 for one that is not set. */
function resourceField(container: Container, reference: { resource: string; divisor?: string }): string {
  const [list, ...resource] = reference.resource.split('.');
  const value = container.resources?.[list as 'requests' | 'limits']?.[resource.join('.')] ?? '0';
  const unit = parseQuantity(reference.divisor ?? '1').nano || parseQuantity('1').nano;
  return String((parseQuantity(value).nano + unit - 1n) / unit);
}

function keyed(
  what: string,
  reference: { name: string; key: string; optional?: boolean },
  data: Record<string, string> | undefined,
): string | undefined {
  const value = data?.[reference.key];
  if (value !== undefined || reference.optional) return value;
  if (!data) throw new ConfigError(`${what} "${reference.name}" not found`);
  throw new ConfigError(`couldn't find key ${reference.key} in ${what} ${reference.name}`);
}

function decoded(secret: Secret | undefined): Record<string, string> | undefined {
  if (!secret) return undefined;
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
