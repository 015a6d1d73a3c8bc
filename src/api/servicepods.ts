import { matcherOf } from './selector.ts';
import type { Pod, Service, ServicePort } from './types/core.ts';

/** Pods that the Service selects. A Service without a selector selects none: its slices are somebody else's. */
export function selects(service: Service, pod: Pod): boolean {
  const { selector } = service.spec;
  return selector !== undefined && matcherOf({ matchLabels: selector })(pod.metadata.labels ?? {});
}

/** The number behind a Service port on `pod`, or undefined when the pod has no port of that name and protocol. */
export function targetPortOf(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  return ports.find(({ name, protocol }) => name === target && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'))
    ?.containerPort;
}

/** True when the pod's condition Ready is True. */
export function isPodReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
