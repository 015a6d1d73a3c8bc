import { ALL_VERBS, type Column, type Kind } from '../kind.ts';
import { checkDnsSubdomain } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { QuantityError } from '../quantity.ts';
import { pods } from '../resources.ts';
import type { Pod } from '../types/core.ts';
import { AGE_COLUMN, ageCell, column, NAME_COLUMN } from './cells.ts';
import { validateReleaseAnnotations } from './podspec/annotations.ts';
import { defaultPodOnly, defaultPodSpec } from './podspec/defaults.ts';
import { qosClassOf } from './podspec/qos.ts';
import { summarizePod } from './podspec/status.ts';
import { validatePodSpecUpdate } from './podspec/update.ts';
import { validatePodSpec } from './podspec/validate.ts';

const COLUMNS: readonly Column[] = [
  NAME_COLUMN,
  column('Ready', 'Containers that are ready, of all that should be.'),
  column('Status', 'What the pod is doing, or why it is not running.'),
  column('Restarts', 'How often its containers were started again, and how long ago the last time was.'),
  AGE_COLUMN,
  column('IP', 'Address of the pod.', { wide: true }),
  column('Node', 'Node the pod is bound to.', { wide: true }),
  column('Nominated Node', 'Node where room is being made for the pod.', { wide: true }),
  column('Readiness Gates', 'Readiness gates that are true, of all the pod names.', { wide: true }),
];

export const podKind: Kind<Pod> = {
  resource: pods,
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  verbs: ALL_VERBS,
  subresources: ['status', 'binding', 'log'],
  statusSubresource: true,
  generation: true,
  columns: COLUMNS,

  defaults(pod) {
    pod.spec ??= { containers: [] };
    defaultPodSpec(pod.spec);
    defaultPodOnly(pod.spec);
  },

  prepareForCreate(pod) {
    pod.status = { phase: 'Pending', qosClass: qosClassOrBestEffort(pod) };
  },

  validate(pod) {
    return [
      ...validateObjectMeta(pod.metadata, checkDnsSubdomain),
      ...validateReleaseAnnotations(pod.metadata.annotations, 'metadata.annotations'),
      ...validatePodSpec(pod.spec, 'spec'),
    ];
  },

  validateUpdate: (pod, old) => validatePodSpecUpdate(pod.spec, old.spec),

  selectableFields(pod) {
    return {
      'spec.nodeName': pod.spec.nodeName ?? '',
      'spec.restartPolicy': pod.spec.restartPolicy ?? '',
      'spec.schedulerName': pod.spec.schedulerName ?? '',
      'spec.serviceAccountName': pod.spec.serviceAccountName ?? '',
      'spec.hostNetwork': String(pod.spec.hostNetwork ?? false),
      'status.phase': pod.status?.phase ?? '',
      'status.podIP': pod.status?.podIP ?? '',
      'status.nominatedNodeName': pod.status?.nominatedNodeName ?? '',
    };
  },

  gracePeriodSeconds(pod, requested) {
    const terminal = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (terminal || !pod.spec.nodeName) return 0;
    const seconds = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0;
    return seconds < 0 ? 1 : seconds;
  },

  row(pod, now) {
    const summary = summarizePod(pod, now);
    return [
      pod.metadata.name,
      `${summary.ready}/${summary.total}`,
      summary.status,
      summary.restarts,
      ageCell(pod, now),
      pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || '<none>',
      pod.spec.nodeName || '<none>',
      pod.status?.nominatedNodeName || '<none>',
      readinessGates(pod),
    ];
  },
};

/** The class is worked out before validation: a quantity that cannot be read is for validation to refuse. */
function qosClassOrBestEffort(pod: Pod): ReturnType<typeof qosClassOf> {
  try {
    return qosClassOf(pod.spec);
  } catch (error) {
    if (error instanceof QuantityError) return 'BestEffort';
    throw error;
  }
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = gates.filter((gate) =>
    pod.status?.conditions?.some((one) => one.type === gate.conditionType && one.status === 'True'),
  );
  return `${met.length}/${gates.length}`;
}
