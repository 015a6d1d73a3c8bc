import { isDeepStrictEqual } from 'node:util';
import { duplicate, forbidden, invalidEach, oneOf, required } from '../causes.ts';
import { validateCidr } from '../ip.ts';
import { ALL_VERBS, type Kind } from '../kind.ts';
import { checkDnsSubdomain, checkLabelValue, checkQualifiedName } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { nodes } from '../resources.ts';
import type { StatusCause } from '../status.ts';
import type { Node, Taint } from '../types/core.ts';
import { AGE_COLUMN, ageCell, column, NAME_COLUMN } from './cells.ts';
import { canonicalQuantity } from './podspec/defaults.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';
const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** The kubelet registers its node with a status, so a create may carry one. */
export const nodeKind: Kind<Node> = {
  resource: nodes,
  singular: 'node',
  shortNames: ['no'],
  verbs: ALL_VERBS,
  subresources: ['status'],
  statusSubresource: true,
  columns: [
    NAME_COLUMN,
    column('Status', 'Whether the node is ready, and whether it takes new pods.'),
    column('Roles', 'Roles the labels of the node name.'),
    AGE_COLUMN,
    column('Version', 'Version of the kubelet.'),
    column('Internal-IP', 'Address inside the cluster.', { wide: true }),
    column('External-IP', 'Address from outside.', { wide: true }),
    column('OS-Image', 'Operating system of the node.', { wide: true }),
    column('Kernel-Version', 'Kernel of the node.', { wide: true }),
    column('Container-Runtime', 'Runtime of the node, with its version.', { wide: true }),
  ],

  defaults(node) {
    node.spec ??= {};
    node.status ??= {};
    if (node.spec.podCIDR) node.spec.podCIDRs ??= [node.spec.podCIDR];
    for (const amounts of [node.status.capacity, node.status.allocatable]) {
      for (const [name, text] of Object.entries(amounts ?? {})) amounts![name] = canonicalQuantity(text);
    }
    // Kubernetes takes what there is for what may be used until it is told otherwise.
    if (node.status.capacity) node.status.allocatable ??= { ...node.status.capacity };
  },

  validate(node) {
    return [
      ...validateObjectMeta(node.metadata, checkDnsSubdomain),
      ...validateTaints(node.spec?.taints ?? [], 'spec.taints'),
      ...(node.spec?.podCIDRs ?? []).flatMap((cidr, index) => validateCidr(`spec.podCIDRs[${index}]`, cidr)),
    ];
  },

  validateUpdate(node, old) {
    const causes: StatusCause[] = [];
    const [cidrs, before] = [node.spec?.podCIDRs ?? [], old.spec?.podCIDRs ?? []];
    if (before.length > 0 && !isDeepStrictEqual(cidrs, before)) {
      causes.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
    }
    const [provider, known] = [node.spec?.providerID ?? '', old.spec?.providerID ?? ''];
    if (known && provider !== known) {
      causes.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
    }
    return causes;
  },

  selectableFields: (node) => ({ 'spec.unschedulable': String(node.spec?.unschedulable ?? false) }),

  row(node, now) {
    const info = node.status?.nodeInfo ?? {};
    return [
      node.metadata.name,
      statusText(node),
      roles(node).join(',') || '<none>',
      ageCell(node, now),
      info['kubeletVersion'] ?? '',
      address(node, 'InternalIP'),
      address(node, 'ExternalIP'),
      info['osImage'] || '<unknown>',
      info['kernelVersion'] || '<unknown>',
      info['containerRuntimeVersion'] || '<unknown>',
    ];
  },
};

function statusText(node: Node): string {
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
  const text = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return node.spec?.unschedulable ? `${text},SchedulingDisabled` : text;
}

function roles(node: Node): string[] {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) found.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE_LABEL && value) found.add(value);
  }
  return [...found].sort();
}

function address(node: Node, type: string): string {
  return node.status?.addresses?.find((one) => one.type === type)?.address ?? '<none>';
}

function validateTaints(taints: readonly Taint[], field: string): StatusCause[] {
  return taints.flatMap((taint, index) => {
    const at = `${field}[${index}]`;
    const causes = [
      ...(taint.key ? invalidEach(`${at}.key`, taint.key, checkQualifiedName(taint.key)) : [required(`${at}.key`)]),
      ...invalidEach(`${at}.value`, taint.value, checkLabelValue(taint.value ?? '')),
      ...oneOf(`${at}.effect`, taint.effect, TAINT_EFFECTS),
    ];
    const same = (other: Taint) => other.key === taint.key && other.effect === taint.effect;
    if (taints.findIndex(same) < index) causes.push(duplicate(at, taint));
    return causes;
  });
}
