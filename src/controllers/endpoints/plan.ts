import { isPodReady, targetPortOf } from '../../api/servicepods.ts';
import type { EndpointAddress, EndpointSubset, Pod, Service } from '../../api/types/core.ts';

/**
 * The subsets of the old Endpoints object for `service`: pure. Terminating pods are left out unless the Service
 * publishes not-ready addresses; addresses with the same ports share a subset.
 */
export function planSubsets(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const subsets = new Map<string, EndpointSubset>();
  const publishAll = service.spec.publishNotReadyAddresses === true;
  for (const pod of [...pods].sort(byName)) {
    const address = addressOf(pod);
    if (!address || (pod.metadata.deletionTimestamp !== undefined && !publishAll)) continue;
    const ports = portsFor(service, pod);
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? { ports };
    const list = publishAll || isPodReady(pod) ? 'addresses' : 'notReadyAddresses';
    subset[list] = [...(subset[list] ?? []), address];
    subsets.set(key, subset);
  }
  return [...subsets.values()];
}

function addressOf(pod: Pod): EndpointAddress | undefined {
  const { podIP, phase } = pod.status ?? {};
  if (!podIP || phase === 'Succeeded' || phase === 'Failed') return undefined;
  const { namespace, name, uid } = pod.metadata;
  return {
    ip: podIP,
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', name, uid, ...(namespace ? { namespace } : {}) },
  };
}

function portsFor(service: Service, pod: Pod): NonNullable<EndpointSubset['ports']> {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPortOf(pod, port);
    if (number === undefined) return [];
    const { name, protocol = 'TCP', appProtocol } = port;
    return [{ ...(name ? { name } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

function byName(a: Pod, b: Pod): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
