import { duplicate, fieldNotFound, forbidden, invalidEach, invalidValue, oneOf, required } from '../../causes.ts';
import { checkDnsLabel, checkPortName, checkPortNumber } from '../../names.ts';
import type { StatusCause } from '../../status.ts';
import type { Container, ContainerPort, PodSpec, VolumeMount } from '../../types/core.ts';
import { allContainers } from './defaults.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import { validateLifecycle, validateProbe } from './handlers.ts';
import { validateResources } from './resources.ts';
import { validateLocalPath } from './volumes.ts';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** Problems of the containers and init containers of a pod; `field` is where the pod spec stands. */
export function validateContainers(spec: PodSpec, field: string): StatusCause[] {
  const names = new Set<string>();
  const list = (containers: readonly Container[], name: string, more: (one: Container, at: string) => StatusCause[]) =>
    containers.flatMap((container, index) => {
      const at = `${field}.${name}[${index}]`;
      return [...validateContainer(container, { spec, names, field: at }), ...more(container, at)];
    });
  return [
    ...(spec.containers.length === 0 ? [required(`${field}.containers`)] : []),
    ...list(spec.containers, 'containers', validateMainOnly),
    ...list(spec.initContainers ?? [], 'initContainers', validateInitOnly),
    ...validateHostPorts(spec, field),
  ];
}

function validateContainer(
  container: Container,
  { spec, names, field }: { spec: PodSpec; names: Set<string>; field: string },
): StatusCause[] {
  const probes = (['livenessProbe', 'readinessProbe', 'startupProbe'] as const).flatMap((name) =>
    validateProbe(container[name], { name, field: `${field}.${name}` }),
  );
  return [
    ...validateName(container.name, names, `${field}.name`),
    ...validateImage(container.image, `${field}.image`),
    ...validateLifecycle(container.lifecycle, spec, `${field}.lifecycle`),
    ...probes,
    ...validatePorts(container.ports ?? [], { hostNetwork: spec.hostNetwork ?? false, field: `${field}.ports` }),
    ...validateEnv(container.env ?? [], `${field}.env`),
    ...validateEnvFrom(container.envFrom ?? [], `${field}.envFrom`),
    ...validateMounts(container.volumeMounts ?? [], spec, `${field}.volumeMounts`),
    ...oneOf(`${field}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES),
    ...oneOf(`${field}.terminationMessagePolicy`, container.terminationMessagePolicy, MESSAGE_POLICIES),
    ...validateResources(container.resources, `${field}.resources`),
  ];
}

function validateName(name: string | undefined, names: Set<string>, field: string): StatusCause[] {
  if (!name) return [required(field)];
  const causes = invalidEach(field, name, checkDnsLabel(name));
  if (names.has(name)) causes.push(duplicate(field, name));
  names.add(name);
  return causes;
}

function validateImage(image: string | undefined, field: string): StatusCause[] {
  if (!image) return [required(field)];
  return image.trim() === image ? [] : [invalidValue(field, image, 'must not have leading or trailing whitespace')];
}

function validateMainOnly(container: Container, field: string): StatusCause[] {
  if (!container.restartPolicy) return [];
  return oneOf(`${field}.restartPolicy`, container.restartPolicy, RESTART_POLICIES);
}

/** Probes and hooks belong to init containers that keep running (sidecars, KEP-753), and to no others. */
function validateInitOnly(container: Container, field: string): StatusCause[] {
  const policy = container.restartPolicy;
  if (policy === 'Always') return [];
  const unwanted = (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const).filter(
    (name) => container[name],
  );
  return [
    ...(policy ? oneOf(`${field}.restartPolicy`, policy, RESTART_POLICIES) : []),
    ...unwanted.map((name) =>
      forbidden(`${field}.${name}`, 'may not be set for init containers without restartPolicy=Always'),
    ),
  ];
}

function validatePorts(
  ports: readonly ContainerPort[],
  { hostNetwork, field }: { hostNetwork: boolean; field: string },
): StatusCause[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${field}[${index}]`;
    const causes: StatusCause[] = [];
    if (port.name) {
      causes.push(...invalidEach(`${at}.name`, port.name, checkPortName(port.name)));
      if (names.has(port.name)) causes.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (!port.containerPort) causes.push(required(`${at}.containerPort`));
    else causes.push(...invalidEach(`${at}.containerPort`, port.containerPort, checkPortNumber(port.containerPort)));
    if (port.hostPort) {
      causes.push(...invalidEach(`${at}.hostPort`, port.hostPort, checkPortNumber(port.hostPort)));
      if (hostNetwork && port.hostPort !== port.containerPort) {
        causes.push(
          invalidValue(`${at}.hostPort`, port.hostPort, 'must match `containerPort` when `hostNetwork` is true'),
        );
      }
    }
    causes.push(...oneOf(`${at}.protocol`, port.protocol, PROTOCOLS));
    return causes;
  });
}

/** Two containers of one pod cannot hold the same port of the node. */
function validateHostPorts(spec: PodSpec, field: string): StatusCause[] {
  const taken = new Set<string>();
  const sidecars = (spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  return allContainers({ ...spec, initContainers: sidecars }).flatMap((container) =>
    (container.ports ?? []).flatMap((port, index) => {
      if (!port.hostPort) return [];
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (!taken.has(key)) {
        taken.add(key);
        return [];
      }
      const at = spec.containers.indexOf(container);
      const place = at >= 0 ? `containers[${at}]` : `initContainers[${spec.initContainers?.indexOf(container)}]`;
      return [duplicate(`${field}.${place}.ports[${index}].hostPort`, key)];
    }),
  );
}

function validateMounts(mounts: readonly VolumeMount[], spec: PodSpec, field: string): StatusCause[] {
  const volumes = new Set((spec.volumes ?? []).map((volume) => volume.name));
  const paths = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const causes: StatusCause[] = [];
    if (!mount.name) causes.push(required(`${at}.name`));
    else if (!volumes.has(mount.name)) causes.push(fieldNotFound(`${at}.name`, mount.name));
    if (!mount.mountPath) causes.push(required(`${at}.mountPath`));
    else if (paths.has(mount.mountPath))
      causes.push(invalidValue(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    if (mount.subPath) causes.push(...validateLocalPath(mount.subPath, `${at}.subPath`));
    if (mount.subPath && mount.subPathExpr) {
      causes.push(
        invalidValue(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
      );
    }
    return causes;
  });
}
