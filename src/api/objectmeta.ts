import { forbidden, invalidEach, invalidValue, required } from './causes.ts';
import { validateAnnotations, validateLabels } from './labels.ts';
import { checkDnsLabel, checkQualifiedName, type NameCheck } from './names.ts';
import type { StatusCause } from './status.ts';
import type { ObjectMeta, OwnerReference } from './types/meta.ts';

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

/**
 * Problems of `metadata` that every kind shares: names, labels, annotations, finalizers, owner references. Whether a
 * namespace must be there at all is the generic code's to check. `checkName` says what the kind's names look like.
 */
export function validateObjectMeta(metadata: Partial<ObjectMeta>, checkName: NameCheck): StatusCause[] {
  return [
    ...validateName(metadata, checkName),
    ...(metadata.namespace
      ? invalidEach('metadata.namespace', metadata.namespace, checkDnsLabel(metadata.namespace))
      : []),
    ...validateLabels(metadata.labels, 'metadata.labels'),
    ...validateAnnotations(metadata.annotations, 'metadata.annotations'),
    ...validateOwners(metadata.ownerReferences ?? []),
    ...(metadata.finalizers ?? []).flatMap((name) => validateFinalizer(name, 'metadata.finalizers')),
  ];
}

/** Problems of one finalizer: it must be qualified, or one of Kubernetes' own. */
export function validateFinalizer(name: string, field: string): StatusCause[] {
  const causes = invalidEach(field, name, checkQualifiedName(name));
  if (!name.includes('/') && !STANDARD_FINALIZERS.includes(name)) {
    causes.push(invalidValue(field, name, 'name is neither a standard finalizer name nor is it fully qualified'));
  }
  return causes;
}

function validateName(metadata: Partial<ObjectMeta>, checkName: NameCheck): StatusCause[] {
  const causes: StatusCause[] = [];
  if (metadata.generateName) {
    // A trailing dash is fine: random letters follow it.
    const prefix = metadata.generateName.replace(/-$/, 'a');
    causes.push(...invalidEach('metadata.generateName', metadata.generateName, checkName(prefix)));
  }
  if (metadata.name) causes.push(...invalidEach('metadata.name', metadata.name, checkName(metadata.name)));
  else causes.push(required('metadata.name', 'name or generateName is required'));
  return causes;
}

function validateOwners(owners: readonly OwnerReference[]): StatusCause[] {
  const causes = owners.flatMap((owner, index) => {
    const field = `metadata.ownerReferences[${index}]`;
    const empty = (name: 'apiVersion' | 'kind' | 'name' | 'uid') =>
      owner[name]
        ? []
        : [
            invalidValue(
              `${field}.${name}`,
              owner[name] ?? '',
              `${name === 'apiVersion' ? 'version' : name} must not be empty`,
            ),
          ];
    return [...empty('apiVersion'), ...empty('kind'), ...empty('name'), ...empty('uid')];
  });
  const controllers = owners.filter((owner) => owner.controller);
  if (controllers.length > 1) {
    const names = controllers.map((owner) => `${owner.kind}/${owner.name}`).join(', ');
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${names}`;
    causes.push(forbidden('metadata.ownerReferences', detail));
  }
  return causes;
}
