import type { Kind } from '../kind.ts';
import { checkDnsLabel } from '../names.ts';
import { validateFinalizer, validateObjectMeta } from '../objectmeta.ts';
import { namespaces } from '../resources.ts';
import type { Namespace } from '../types/core.ts';
import { AGE_COLUMN, ageCell, column, NAME_COLUMN } from './cells.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';
const SYSTEM_FINALIZER = 'kubernetes';

export const namespaceKind: Kind<Namespace> = {
  resource: namespaces,
  singular: 'namespace',
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: ['status', 'finalize'],
  statusSubresource: true,
  columns: [NAME_COLUMN, column('Status', 'Active, or Terminating while it is being emptied.'), AGE_COLUMN],

  defaults(namespace) {
    namespace.spec ??= {};
    const { metadata } = namespace;
    if (metadata.name) metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
  },

  prepareForCreate(namespace) {
    const finalizers = namespace.spec?.finalizers ?? [];
    const all = finalizers.includes(SYSTEM_FINALIZER) ? finalizers : [...finalizers, SYSTEM_FINALIZER];
    namespace.spec = { ...namespace.spec, finalizers: all };
    namespace.status = { phase: 'Active' };
  },

  // Only the finalize subresource takes finalizers off.
  prepareForUpdate(namespace, old) {
    namespace.spec = { ...namespace.spec, finalizers: old.spec?.finalizers ?? [] };
  },

  validate(namespace) {
    return [
      ...validateObjectMeta(namespace.metadata, checkDnsLabel),
      ...(namespace.spec?.finalizers ?? []).flatMap((name) => validateFinalizer(name, 'spec.finalizers')),
    ];
  },

  selectableFields: (namespace) => ({ 'status.phase': namespace.status?.phase ?? '' }),

  row: (namespace, now) => [namespace.metadata.name, namespace.status?.phase ?? '', ageCell(namespace, now)],
};
