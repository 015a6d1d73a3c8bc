import { type LabelMatcher, matcherOfLabels } from './selector.ts';
import type { Pod, Service, ServicePort } from './types/core.ts';

/** One matcher for each selector as long as that lives: it is asked for every Service on each change of a pod. */
const matchers = new WeakMap<Record<string, string>, LabelMatcher>();

/** Whether the Service selects the pod. Without a selector, or with an empty one, it selects none. */
export function selects(service: Service, pod: Pod): boolean {
  const { selector } = service.spec;
  if (!selector) return false;
  let matches = matchers.get(selector);
  if (!matches) {
    matches = matcherOfLabels(selector);
    matchers.set(selector, matches);
  }
  return matches(pod.metadata.labels);
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
