import { formatQuantity, parseQuantity, QuantityError, roundToMilli } from '../../quantity.ts';
import type { Container, EnvVar, HttpGetAction, LifecycleHandler, PodSpec, Probe, Volume } from '../../types/core.ts';

const FILE_MODE = 0o644;
const TOKEN_EXPIRATION_SECONDS = 3600;
const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** What Kubernetes fills in in every pod spec, of pods and of templates alike. Changes `spec` in place. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.containers ??= [];
  spec.restartPolicy ||= 'Always';
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.schedulerName ||= 'default-scheduler';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  // The old name of the field travels along with the new one.
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of allContainers(spec)) defaultContainer(container);
  for (const constraint of spec.topologySpreadConstraints ?? []) constraint.whenUnsatisfiable ??= 'DoNotSchedule';
}

/** What Kubernetes fills in in pods, but not in the templates they are made from. */
export function defaultPodOnly(spec: PodSpec): void {
  spec.enableServiceLinks ??= true;
  for (const container of allContainers(spec)) {
    requestsFromLimits(container);
    if (spec.hostNetwork) for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
}

export function allContainers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
}

function defaultContainer(container: Container): void {
  container.imagePullPolicy ||= isLatest(container.image ?? '') ? 'Always' : 'IfNotPresent';
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  container.resources ??= {};
  canonicalResources(container.resources.requests);
  canonicalResources(container.resources.limits);
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const variable of container.env ?? []) defaultEnvVar(variable);
  for (const name of PROBES) {
    const probe = container[name];
    if (probe) defaultProbe(probe);
  }
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop]) defaultHandler(handler);
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.grpc) probe.grpc.service ??= '';
  defaultHandler(probe);
}

function defaultHandler(handler: LifecycleHandler | undefined): void {
  if (handler?.httpGet) defaultHttpGet(handler.httpGet);
}

function defaultHttpGet(action: HttpGetAction): void {
  action.path ||= '/';
  action.scheme ||= 'HTTP';
}

function defaultEnvVar(variable: EnvVar): void {
  const source = variable.valueFrom;
  if (source?.fieldRef) source.fieldRef.apiVersion ||= 'v1';
  if (source?.resourceFieldRef)
    source.resourceFieldRef.divisor = canonicalQuantity(source.resourceFieldRef.divisor ?? '0');
}

function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (volume.configMap) volume.configMap.defaultMode ??= FILE_MODE;
  if (volume.secret) volume.secret.defaultMode ??= FILE_MODE;
  if (volume.emptyDir?.sizeLimit !== undefined)
    volume.emptyDir.sizeLimit = canonicalQuantity(volume.emptyDir.sizeLimit);
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= FILE_MODE;
    for (const item of volume.downwardAPI.items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ||= 'v1';
  }
  if (volume.projected) defaultProjected(volume.projected);
}

function defaultProjected(projected: NonNullable<Volume['projected']>): void {
  projected.defaultMode ??= FILE_MODE;
  for (const source of projected.sources ?? []) {
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= TOKEN_EXPIRATION_SECONDS;
    for (const item of source.downwardAPI?.items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ||= 'v1';
  }
}

/** A limit without a request is also the request. */
function requestsFromLimits(container: Container): void {
  const limits = container.resources?.limits;
  if (!container.resources || !limits) return;
  container.resources.requests = { ...limits, ...container.resources.requests };
}

function canonicalResources(resources: Record<string, string> | undefined): void {
  for (const [name, text] of Object.entries(resources ?? {})) resources![name] = canonicalQuantity(text);
}

/** The canonical text, rounded to thousandths; what is no quantity stays as it is, for validation to name. */
export function canonicalQuantity(text: string): string {
  try {
    return formatQuantity(roundToMilli(parseQuantity(text)));
  } catch (error) {
    if (error instanceof QuantityError) return text;
    throw error;
  }
}

/** True when the image names no tag and no digest, or the tag `latest`. A colon in the registry's host is no tag. */
function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const last = image.slice(image.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon < 0 || last.slice(colon + 1) === 'latest';
}
