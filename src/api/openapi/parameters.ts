import type { Parameter } from './types.ts';

type ParameterType = 'string' | 'integer' | 'boolean';

const string = (name: string, description: string) => query(name, description, { type: 'string' });
const integer = (name: string, description: string) => query(name, description, { type: 'integer' });
const boolean = (name: string, description: string) => query(name, description, { type: 'boolean' });

export const NAMESPACE = path('namespace', 'Namespace of the object.');
export const NAME = path('name', 'Name of the object.');
export const PRETTY = string('pretty', 'When true, the answer is indented.');

const DRY_RUN = string('dryRun', 'With the value All, everything is done but the change itself.');
const FIELD_MANAGER = string('fieldManager', 'Name of whoever makes the change, kept in managedFields.');
const FIELD_VALIDATION = string(
  'fieldValidation',
  'What to do about unknown and repeated fields: Ignore, Warn (default) or Strict.',
);
const FORCE = boolean('force', 'Takes over fields that others manage. For apply patches only.');

/** Of every change that carries an object. */
export const WRITE: readonly Parameter[] = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION];
export const PATCH: readonly Parameter[] = [...WRITE, FORCE];

export const LIST: readonly Parameter[] = [
  string('labelSelector', 'Only objects whose labels match.'),
  string('fieldSelector', 'Only objects whose fields match.'),
  integer('limit', 'At most so many objects; the rest by continue.'),
  string('continue', 'Where an earlier list stopped.'),
  string('resourceVersion', 'How fresh the answer must be.'),
  string('resourceVersionMatch', 'How resourceVersion is meant: Exact or NotOlderThan.'),
  boolean('watch', 'Streams changes instead of listing objects.'),
  boolean('allowWatchBookmarks', 'Adds events that say how far the watch has come.'),
  boolean('sendInitialEvents', 'Begins a watch with the objects there are.'),
  integer('timeoutSeconds', 'Seconds after which the server ends a watch.'),
];

export const DELETE: readonly Parameter[] = [
  DRY_RUN,
  integer('gracePeriodSeconds', 'Seconds until the object is gone. Zero means at once.'),
  string('propagationPolicy', 'What becomes of dependents: Orphan, Background or Foreground.'),
];

export const DELETE_COLLECTION: readonly Parameter[] = [...DELETE, ...LIST.filter((found) => found.name !== 'watch')];

function query(name: string, description: string, options: { type: ParameterType }): Parameter {
  return { name, in: 'query', description, schema: { type: options.type, uniqueItems: true } };
}

function path(name: string, description: string): Parameter {
  return { name, in: 'path', description, required: true, schema: { type: 'string', uniqueItems: true } };
}
