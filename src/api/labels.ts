import { forbidden, invalidEach, invalidValue, required, tooLong } from './causes.ts';
import { checkLabelValue, checkQualifiedName } from './names.ts';
import type { StatusCause } from './status.ts';
import type { LabelSelector, LabelSelectorRequirement } from './types/meta.ts';

const ANNOTATIONS_BYTES_MAX = 256 * 1024;

export function validateLabels(labels: Record<string, string> | undefined, field: string): StatusCause[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...invalidEach(field, key, checkQualifiedName(key)),
    ...invalidEach(field, value, checkLabelValue(value)),
  ]);
}

export function validateAnnotations(annotations: Record<string, string> | undefined, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    causes.push(...invalidEach(field, key, checkQualifiedName(key.toLowerCase())));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > ANNOTATIONS_BYTES_MAX) causes.push(tooLong(field, ANNOTATIONS_BYTES_MAX));
  return causes;
}

/** Checks a `LabelSelector` of `meta/v1`. An absent one has nothing wrong: whether it is required is the kind's to say. */
export function validateLabelSelector(selector: LabelSelector | undefined, field: string): StatusCause[] {
  if (!selector) return [];
  const expressions = (selector.matchExpressions ?? []).flatMap((requirement, index) =>
    validateRequirement(requirement, `${field}.matchExpressions[${index}]`),
  );
  return [...validateLabels(selector.matchLabels, `${field}.matchLabels`), ...expressions];
}

function validateRequirement(requirement: LabelSelectorRequirement, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        causes.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        causes.push(forbidden(`${field}.values`, detail));
      }
      break;
    default:
      causes.push(invalidValue(`${field}.operator`, requirement.operator ?? '', 'not a valid selector operator'));
  }
  causes.push(...invalidEach(`${field}.key`, requirement.key ?? '', checkQualifiedName(requirement.key ?? '')));
  values.forEach((value, index) => {
    causes.push(...invalidEach(`${field}.values[${index}]`, value, checkLabelValue(value)));
  });
  return causes;
}

/** `a=b,c=d`, sorted by key; `<none>` when there are none. */
export function formatLabels(labels: Record<string, string> | undefined): string {
  return labelsText(labels) || '<none>';
}

/** `a=b,c=d`, sorted by key; empty when there are none. */
export function labelsText(labels: Record<string, string> | undefined): string {
  return Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
