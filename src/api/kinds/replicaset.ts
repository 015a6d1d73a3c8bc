import { ALL_VERBS, type Kind } from '../kind.ts';
import { checkDnsSubdomain } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { replicaSets } from '../resources.ts';
import { formatLabelSelector, labelSelectorText } from '../selector.ts';
import type { ReplicaSet } from '../types/apps.ts';
import { AGE_COLUMN, ageCell, column, NAME_COLUMN, TEMPLATE_COLUMNS, templateCells } from './cells.ts';
import { unchanged } from './immutable.ts';
import { defaultReplicated, validateReplicated } from './podspec/template.ts';

export const replicaSetKind: Kind<ReplicaSet> = {
  resource: replicaSets,
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  verbs: ALL_VERBS,
  subresources: ['status', 'scale'],
  statusSubresource: true,
  generation: true,
  columns: [
    NAME_COLUMN,
    column('Desired', 'How many pods there should be.', { type: 'integer' }),
    column('Current', 'How many pods there are.', { type: 'integer' }),
    column('Ready', 'How many of them are ready.', { type: 'integer' }),
    AGE_COLUMN,
    ...TEMPLATE_COLUMNS,
  ],

  defaults(set) {
    set.spec ??= {} as ReplicaSet['spec'];
    defaultReplicated(set.spec);
  },

  prepareForCreate(set) {
    set.status = { replicas: 0 };
  },

  validate(set) {
    return [...validateObjectMeta(set.metadata, checkDnsSubdomain), ...validateReplicated(set.spec, 'replicaset')];
  },

  validateUpdate: (set, old) => unchanged('spec.selector', set.spec.selector, old.spec.selector),

  selectableFields: (set) => ({ 'status.replicas': String(set.status?.replicas ?? 0) }),

  row(set, now) {
    return [
      set.metadata.name,
      set.spec.replicas ?? 0,
      set.status?.replicas ?? 0,
      set.status?.readyReplicas ?? 0,
      ageCell(set, now),
      ...templateCells(set.spec.template.spec),
      formatLabelSelector(set.spec.selector),
    ];
  },

  scale: {
    replicas: (set) => set.spec.replicas ?? 0,
    setReplicas(set, replicas) {
      set.spec.replicas = replicas;
    },
    statusReplicas: (set) => set.status?.replicas ?? 0,
    selector: (set) => labelSelectorText(set.spec.selector),
  },
};
