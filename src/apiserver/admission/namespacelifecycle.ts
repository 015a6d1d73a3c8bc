import { namespaces } from '../../api/resources.ts';
import { notFound, StatusError } from '../../api/status.ts';
import type { Namespace } from '../../api/types/core.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import { assert } from '../../base/assert.ts';
import { forbidden } from '../errors.ts';
import type { AdmissionHook, CreateCheck } from './admission.ts';

/** Namespaces that may never be deleted, made at start. `kube-node-lease` may be, but is made as well. */
export const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Deletion of namespaces: it is over when the content is gone, which `spec.finalizers` stands for. */
export const namespaceHook: AdmissionHook = {
  checkDelete(object) {
    const { name } = object.metadata;
    if (IMMORTAL.has(name)) throw forbidden({ ...namespaces, name }, 'this namespace may not be deleted');
  },
  markDeleting(object) {
    const namespace = object as Namespace;
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
  holdsDeletion(object) {
    return ((object as Namespace).spec?.finalizers?.length ?? 0) > 0;
  },
};

/** Nothing is created in a namespace that is absent or on its way out. Objects in memory are no content of a namespace. */
export function namespaceMustBeActive(find: (name: string) => KubeObject | undefined): CreateCheck {
  return (kind, object) => {
    if (!kind.resource.namespaced || kind.virtual) return;
    const name = object.metadata.namespace;
    assert(name, 'a namespaced object has its namespace before it is admitted');
    const namespace = find(name);
    if (!namespace) throw notFound({ ...namespaces, name });
    if (namespace.metadata.deletionTimestamp) throw terminating(object, { ...kind.resource, namespace: name });
  };
}

function terminating(object: KubeObject, where: { group: string; resource: string; namespace: string }): StatusError {
  const why = `unable to create new content in namespace ${where.namespace} because it is being terminated`;
  const plain = forbidden({ ...where, name: object.metadata.name }, why);
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${where.namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return new StatusError('Forbidden', plain.message, { details: { ...plain.details, causes: [cause] } });
}
