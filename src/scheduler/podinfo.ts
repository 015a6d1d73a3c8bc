import { controllerOf } from '../api/owner.ts';
import { keyOf } from '../api/resource.ts';
import type { ContainerPort, Pod } from '../api/types/core.ts';
import { type PodAffinityRules, podAffinityRulesOf } from './podaffinity.ts';
import { type Resources, requestsOf, scoredRequestsOf } from './resources.ts';

/** A pod with what the scheduler needs of it worked out once. Immutable, like the pod. */
export interface PodInfo {
  readonly pod: Pod;
  readonly key: string;
  readonly namespace: string;
  readonly labels: Record<string, string>;
  readonly requests: Resources;
  readonly scoredRequests: Resources;
  readonly hostPorts: readonly ContainerPort[];
  readonly affinity: PodAffinityRules;
  /** The uid of the managing owner: pods that share it are replicas of one thing. */
  readonly controller: string | undefined;
}

export function podInfoOf(pod: Pod): PodInfo {
  return {
    pod,
    key: keyOf(pod),
    namespace: pod.metadata.namespace ?? '',
    labels: pod.metadata.labels ?? {},
    requests: requestsOf(pod),
    scoredRequests: scoredRequestsOf(pod),
    hostPorts: hostPortsOf(pod),
    affinity: podAffinityRulesOf(pod),
    controller: controllerOf(pod)?.uid,
  };
}

function hostPortsOf(pod: Pod): ContainerPort[] {
  const { containers, initContainers = [], hostNetwork } = pod.spec;
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const ports = [...containers, ...sidecars].flatMap((container) => container.ports ?? []);
  return ports
    .map((port) => (hostNetwork ? { ...port, hostPort: port.hostPort ?? port.containerPort } : port))
    .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0);
}
