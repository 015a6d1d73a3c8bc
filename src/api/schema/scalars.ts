import type { Schema } from './shape.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

export const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
export const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
export const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension';
export const TIME = `${META}.Time`;
export const MICRO_TIME = `${META}.MicroTime`;
export const DURATION = `${META}.Duration`;

const anything: Schema = { 'x-kubernetes-preserve-unknown-fields': true };
const anyObject: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** Types that write themselves to JSON in Go, so that their fields say nothing about their form on the wire. */
export const SCALARS: Readonly<Record<string, Schema>> = {
  [QUANTITY]: {
    description: 'An amount with an optional suffix: 100m, 0.5, 128Mi, 1e3.',
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
  [INT_OR_STRING]: {
    description: 'A whole number, or a string such as a percentage or the name of a port.',
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  [TIME]: { description: 'A time in RFC 3339 with whole seconds.', type: 'string', format: 'date-time' },
  [MICRO_TIME]: { description: 'A time in RFC 3339 with microseconds.', type: 'string', format: 'date-time' },
  [DURATION]: { description: 'A length of time as Go writes it, such as 1h30m.', type: 'string' },
  [RAW_EXTENSION]: { ...anyObject, description: 'Any object.' },
  [`${META}.Patch`]: { ...anyObject, description: 'A patch of the form that the content type says.' },
  [`${META}.FieldsV1`]: { ...anyObject, description: 'A set of field paths, as server-side apply keeps it.' },
  [`${EXTENSIONS}.JSON`]: { ...anything, description: 'Any JSON value.' },
  [`${EXTENSIONS}.JSONSchemaPropsOrArray`]: { ...anything, description: 'A schema, or a list of schemas.' },
  [`${EXTENSIONS}.JSONSchemaPropsOrBool`]: { ...anything, description: 'A schema, or true or false.' },
  [`${EXTENSIONS}.JSONSchemaPropsOrStringArray`]: { ...anything, description: 'A schema, or a list of strings.' },
};
