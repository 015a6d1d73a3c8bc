import type { Kind } from '../api/kind.ts';
import type { ApiRequest } from '../api/request.ts';
import { type FieldRequirement, type LabelMatcher, parseFieldSelector, parseLabelSelector } from '../api/selector.ts';
import { badRequest } from '../api/status.ts';
import type { KubeObject } from '../api/types/meta.ts';
import { nameInKey, prefixFor } from './objects.ts';

export interface FieldValue {
  readonly field: string;
  readonly value: string;
}

/** Which objects of a kind a list, watch or deletecollection is about. */
export interface Selection {
  /** Keys of all selected objects begin with this. */
  readonly prefix: string;
  /** True when everything below `prefix` is selected. */
  readonly everything: boolean;
  /** One field of all selected objects has this value: what watches are found by when there are thousands. */
  readonly only: FieldValue | undefined;
  /** Whether the object of this key may be selected; cheap, without decoding it. */
  mayMatch(key: string): boolean;
  matches(object: KubeObject): boolean;
}

/** Reads the selectors of the query. Throws BadRequest for selectors that cannot be read or fields the kind lacks. */
export function selectionOf(call: {
  readonly kind: Kind;
  readonly request: ApiRequest;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}): Selection {
  const { kind, request, namespace } = call;
  const labelText = request.query.get('labelSelector') ?? '';
  const byLabel = labelText === '' ? undefined : parseLabelSelector(labelText);
  const fields = parseFieldSelector(request.query.get('fieldSelector') ?? '');
  for (const { field } of fields) checkField(kind, field);
  const prefix = prefixFor(kind, namespace);
  const onlyName = call.name ?? fields.find((one) => one.field === 'metadata.name' && one.operator === '=')?.value;
  return {
    prefix,
    everything: !byLabel && fields.length === 0 && onlyName === undefined,
    only: fields.find(({ operator }) => operator === '='),
    mayMatch: (key) => key.startsWith(prefix) && (onlyName === undefined || nameInKey(key) === onlyName),
    matches: (object) => matchesLabels(byLabel, object) && fields.every((one) => matchesField(kind, one, object)),
  };
}

function matchesLabels(matcher: LabelMatcher | undefined, object: KubeObject): boolean {
  return !matcher || matcher(object.metadata.labels);
}

function matchesField(kind: Kind, wanted: FieldRequirement, object: KubeObject): boolean {
  return (fieldOf(kind, wanted.field, object) === wanted.value) === (wanted.operator === '=');
}

/** The value of a selectable field; empty when the object has none. */
export function fieldOf(kind: Kind, field: string, object: KubeObject): string {
  if (field === 'metadata.name') return object.metadata.name;
  if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
  return kind.selectableFields?.(object)[field] ?? '';
}

function checkField(kind: Kind, field: string): void {
  if (field === 'metadata.name' || (field === 'metadata.namespace' && kind.resource.namespaced)) return;
  if (Object.hasOwn(kind.selectableFields?.(BLANK) ?? {}, field)) return;
  throw badRequest(`field label not supported: ${field}`);
}

/** Stands for any object where only the names of the fields are asked for: each property of it is itself again. */
const BLANK: KubeObject = new Proxy(() => {}, {
  get: (_target, property) => (property === Symbol.toPrimitive ? () => '' : BLANK),
  apply: () => BLANK,
}) as unknown as KubeObject;
