import { forbidden, invalidValue, nonNegative, notSupported, required } from '../../causes.ts';
import { validateAnnotations, validateLabelSelector, validateLabels } from '../../labels.ts';
import { matcherOf } from '../../selector.ts';
import type { StatusCause } from '../../status.ts';
import type { PodTemplateSpec } from '../../types/apps.ts';
import type { LabelSelector } from '../../types/meta.ts';
import { validateReleaseAnnotations } from './annotations.ts';
import { defaultPodSpec } from './defaults.ts';
import { validatePodSpec } from './validate.ts';

/** What Deployments and ReplicaSets have in common. */
export interface ReplicatedSpec {
  replicas?: number;
  minReadySeconds?: number;
  selector: LabelSelector;
  template: PodTemplateSpec;
}

/** Fills in what both kinds fill in. Changes `spec` in place. */
export function defaultReplicated(spec: ReplicatedSpec): void {
  spec.replicas ??= 1;
  spec.template ??= { spec: { containers: [] } };
  spec.template.spec ??= { containers: [] };
  defaultPodSpec(spec.template.spec);
}

/** Problems of replicas, selector and template. `kindName` is the kind in lower case, for the message. */
export function validateReplicated(spec: ReplicatedSpec, kindName: string): StatusCause[] {
  const selector = spec.selector;
  const empty = selector && !hasRequirements(selector);
  return [
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...(selector ? validateLabelSelector(selector, 'spec.selector') : [required('spec.selector')]),
    ...(empty ? [invalidValue('spec.selector', selector, `empty selector is invalid for ${kindName}`)] : []),
    ...validateTemplate(spec.template, selector, 'spec.template'),
  ];
}

function validateTemplate(
  template: PodTemplateSpec,
  selector: LabelSelector | undefined,
  field: string,
): StatusCause[] {
  const { labels, annotations } = template.metadata ?? {};
  const causes: StatusCause[] = [];
  if (selector && hasRequirements(selector) && !matchesValid(selector, labels)) {
    const detail = '`selector` does not match template `labels`';
    causes.push(invalidValue(`${field}.metadata.labels`, labels ?? null, detail));
  }
  causes.push(
    ...validateLabels(labels, `${field}.labels`),
    ...validateAnnotations(annotations, `${field}.annotations`),
    ...validateReleaseAnnotations(annotations, `${field}.annotations`),
    ...validatePodSpec(template.spec, `${field}.spec`),
  );
  const policy = template.spec.restartPolicy ?? '';
  if (policy === 'OnFailure' || policy === 'Never') {
    causes.push(notSupported(`${field}.spec.restartPolicy`, policy, ['Always']));
  }
  if (template.spec.activeDeadlineSeconds !== undefined) {
    const detail = 'activeDeadlineSeconds in ReplicaSet is not Supported';
    causes.push(forbidden(`${field}.spec.activeDeadlineSeconds`, detail));
  }
  return causes;
}

/** A selector that is itself wrong is reported as that, not as one that does not match. */
function matchesValid(selector: LabelSelector, labels: Record<string, string> | undefined): boolean {
  return validateLabelSelector(selector, '').length > 0 || matcherOf(selector)(labels);
}

function hasRequirements(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) > 0;
}
