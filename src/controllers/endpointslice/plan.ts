import { isPodReady, targetPortOf } from '../../api/servicepods.ts';
import type { Pod, Service } from '../../api/types/core.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery.ts';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
export const MANAGED_BY = 'endpointslice-controller.k8s.io';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const ENDPOINTS_MAX = 100;

export interface SlicePlan {
  readonly create: readonly SliceContent[];
  readonly update: readonly { readonly slice: EndpointSlice; readonly content: SliceContent }[];
  readonly remove: readonly EndpointSlice[];
}

export interface SliceContent {
  readonly labels: Record<string, string>;
  readonly ports: EndpointPort[];
  readonly endpoints: Endpoint[];
}

/**
 * What has to change so that the slices of `service` say what its pods are (KEP-752, KEP-1672): pure. Endpoints keep
 * the slice they are in, so that one pod's change rewrites one slice; slices hold at most 100 endpoints; a Service
 * without endpoints keeps one empty slice.
 */
export function planSlices(service: Service, pods: readonly Pod[], slices: readonly EndpointSlice[]): SlicePlan {
  const labels = labelsOf(service);
  const groups = groupByPorts(service, pods);
  const create: SliceContent[] = [];
  const update: { slice: EndpointSlice; content: SliceContent }[] = [];
  const remove: EndpointSlice[] = [];
  const left = new Set(slices);
  for (const { ports, endpoints } of groups.values()) {
    const same = slices.filter((slice) => samePorts(slice.ports ?? [], ports));
    for (const slice of same) left.delete(slice);
    const filled = fill(same, endpoints);
    for (const { slice, kept } of filled.kept) {
      const content = { labels, ports, endpoints: kept };
      if (kept.length === 0 && (endpoints.size > 0 || slice !== same[0])) remove.push(slice);
      else if (!sameContent(slice, content)) update.push({ slice, content });
    }
    for (const chunk of filled.fresh) create.push({ labels, ports, endpoints: chunk });
  }
  return { create, update, remove: [...remove, ...left] };
}

/** The endpoint of `pod`, or undefined when it has none: no address yet, or it has ended. */
export function endpointOf(service: Service, pod: Pod): Endpoint | undefined {
  const { podIP, phase } = pod.status ?? {};
  if (!podIP || phase === 'Succeeded' || phase === 'Failed') return undefined;
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isPodReady(pod);
  const hostname = pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
  return {
    addresses: [podIP],
    conditions: {
      ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: {
      kind: 'Pod',
      namespace: pod.metadata.namespace as string,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
    },
  };
}

interface Group {
  readonly ports: EndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}

/** Endpoints by the set of port numbers they serve: named ports may differ from pod to pod. */
function groupByPorts(service: Service, pods: readonly Pod[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const endpoint = endpointOf(service, pod);
    if (!endpoint) continue;
    const ports = portsFor(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map() };
    group.endpoints.set(pod.metadata.uid, endpoint);
    groups.set(key, group);
  }
  if (groups.size === 0) groups.set('', { ports: [], endpoints: new Map() });
  return groups;
}

function portsFor(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPortOf(pod, port);
    if (number === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return [{ name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

function labelsOf(service: Service): Record<string, string> {
  return {
    ...service.metadata.labels,
    [SERVICE_NAME_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: MANAGED_BY,
    ...(service.spec.clusterIP === 'None' ? { [HEADLESS_LABEL]: '' } : {}),
  };
}

/** Leaves each endpoint in the slice it is in, then fills up the slices with room, then opens new ones. */
function fill(slices: readonly EndpointSlice[], wanted: ReadonlyMap<string, Endpoint>) {
  const missing = new Map(wanted);
  const kept = slices.map((slice) => ({
    slice,
    kept: slice.endpoints.flatMap((endpoint) => {
      const uid = endpoint.targetRef?.uid ?? '';
      const fresh = missing.get(uid);
      missing.delete(uid);
      return fresh ? [fresh] : [];
    }),
  }));
  const rest = [...missing.values()];
  for (const { kept: endpoints } of kept)
    endpoints.push(...rest.splice(0, Math.max(0, ENDPOINTS_MAX - endpoints.length)));
  const fresh: Endpoint[][] = [];
  while (rest.length > 0) fresh.push(rest.splice(0, ENDPOINTS_MAX));
  if (slices.length === 0 && fresh.length === 0) fresh.push([]);
  return { kept, fresh };
}

function samePorts(a: readonly EndpointPort[], b: readonly EndpointPort[]): boolean {
  const text = (ports: readonly EndpointPort[]) =>
    JSON.stringify(ports.map(({ name, port, protocol, appProtocol }) => [name ?? '', port, protocol, appProtocol]));
  return text(a) === text(b);
}

function sameContent(slice: EndpointSlice, content: SliceContent): boolean {
  return (
    JSON.stringify(slice.endpoints.map(canonical)) === JSON.stringify(content.endpoints.map(canonical)) &&
    JSON.stringify(sorted(slice.metadata.labels ?? {})) === JSON.stringify(sorted(content.labels))
  );
}

function canonical({ addresses, conditions, hostname, nodeName, targetRef }: Endpoint) {
  return [
    addresses,
    conditions?.ready,
    conditions?.serving,
    conditions?.terminating,
    hostname,
    nodeName,
    targetRef?.uid,
  ];
}

function sorted(labels: Record<string, string>): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}
