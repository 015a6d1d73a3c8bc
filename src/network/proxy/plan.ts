import type { Service } from '../../api/types/core.ts';
import type { Endpoint, EndpointSlice } from '../../api/types/discovery.ts';
import type { RuleEndpoint, ServicePortRules } from './dataplane.ts';

const DEFAULT_AFFINITY_SECONDS = 10_800;

/**
 * What the proxy of node `nodeName` does for `service`, from all its slices: pure. An empty list means no rules at all
 * (headless, ExternalName, not allocated yet). Endpoints are chosen as KEP-1669 says: the ready ones within the traffic
 * policy's scope, and when there is none, those that still serve while they terminate.
 */
export function planService(service: Service, slices: readonly EndpointSlice[], nodeName: string): ServicePortRules[] {
  const { spec, status } = service;
  if (spec.type === 'ExternalName' || !spec.clusterIP || spec.clusterIP === 'None') return [];
  const balanced = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  const addresses = [
    ...new Set([...(spec.clusterIPs ?? [spec.clusterIP]), ...(spec.externalIPs ?? []), ...balanced]),
  ].filter((address) => !address.includes(':') && !address.startsWith('127.'));
  const affinity = spec.sessionAffinity === 'ClientIP';
  const affinitySeconds = affinity
    ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS)
    : undefined;
  return (spec.ports ?? []).map((port) => {
    const candidates = candidatesFor(port.name ?? '', slices);
    const near = candidates.filter(({ endpoint }) => endpoint.nodeName === nodeName);
    return {
      portName: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      port: port.port,
      addresses,
      nodePort: port.nodePort,
      endpoints: choose(spec.internalTrafficPolicy === 'Local' ? near : candidates),
      externalEndpoints: choose(spec.externalTrafficPolicy === 'Local' ? near : candidates),
      affinitySeconds,
    };
  });
}

interface Candidate {
  readonly endpoint: Endpoint;
  readonly port: number;
}

function candidatesFor(portName: string, slices: readonly EndpointSlice[]): Candidate[] {
  return slices
    .filter((slice) => slice.addressType === 'IPv4')
    .flatMap((slice) =>
      (slice.ports ?? [])
        .filter((port) => (port.name ?? '') === portName && port.port !== undefined)
        .flatMap((port) => slice.endpoints.map((endpoint) => ({ endpoint, port: port.port as number }))),
    );
}

/** Absent conditions mean ready (discovery/v1). A pod may stand in two slices for a moment: each address counts once. */
function choose(candidates: readonly Candidate[]): RuleEndpoint[] {
  const ready = candidates.filter(({ endpoint }) => endpoint.conditions?.ready !== false);
  const serving = candidates.filter(
    ({ endpoint: { conditions } }) => conditions?.terminating === true && conditions.serving !== false,
  );
  const chosen = new Map<string, RuleEndpoint>();
  for (const { endpoint, port } of ready.length > 0 ? ready : serving) {
    const ip = endpoint.addresses[0];
    if (ip) chosen.set(`${ip}:${port}`, { ip, port });
  }
  return [...chosen.values()].sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : a.port - b.port));
}
