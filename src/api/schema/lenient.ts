/**
 * Fields that the published schemas call required and Kubernetes' servers accept when they are absent: their zero value
 * means something there. Definition and field, joined by a dot.
 */
const LENIENT: ReadonlySet<string> = new Set([
  // No endpoints: a service without pods.
  'io.k8s.api.discovery.v1.EndpointSlice.endpoints',
  // No audience: the API server's own.
  'io.k8s.api.authentication.v1.TokenRequestSpec.audiences',
  // No drivers: a node before its first driver registers.
  'io.k8s.api.storage.v1.CSINodeSpec.drivers',
  // Zero is a priority, and a sleep.
  'io.k8s.api.scheduling.v1.PriorityClass.value',
  'io.k8s.api.core.v1.SleepAction.seconds',
  // No limits, no term.
  'io.k8s.api.core.v1.LimitRangeSpec.limits',
  'io.k8s.api.core.v1.PreferredSchedulingTerm.preference',
  'io.k8s.api.core.v1.WeightedPodAffinityTerm.podAffinityTerm',
  // Events of the old form have no event time.
  'io.k8s.api.events.v1.Event.eventTime',
]);

/** True when a missing `field` of the definition is no problem although its schema requires it. */
export function lenient(definition: string | undefined, field: string): boolean {
  return definition !== undefined && LENIENT.has(`${definition}.${field}`);
}
