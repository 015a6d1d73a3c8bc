import type { Kind } from '../api/kind.ts';
import { apiVersionOf } from '../api/resource.ts';
import { checkSchema } from '../api/schema/check.ts';
import { prune } from '../api/schema/prune.ts';
import { schemaOf } from '../api/schema/schema.ts';
import { badRequest, invalid } from '../api/status.ts';
import type { KubeObject } from '../api/types/meta.ts';
import { readBody } from './body.ts';
import { cloneJson, isRecord } from './json.ts';
import type { FieldValidation } from './params.ts';
import type { Call } from './server.ts';

/** An object that a client sent: a copy of its own, of the right kind and shape, with what was wrong but let through. */
export interface Incoming {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** Reads the body of a create or update. Throws BadRequest, UnsupportedMediaType, RequestEntityTooLarge or Invalid. */
export function readObject(call: Call, fieldValidation: FieldValidation): Incoming {
  const { kind, apiVersion } = typeOf(call.kind);
  const body = readBody(call.request);
  if (!isRecord(body))
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${shown(body)}`);
  const copy = cloneJson(body) as unknown as KubeObject;
  copy.apiVersion ||= apiVersion;
  copy.kind ||= kind;
  checkType(copy, { kind, apiVersion });
  return checkShape(call.kind, copy, fieldValidation);
}

/** Checks an object, fresh from a body or a patch, against its schema; drops what the schema does not know. */
export function checkShape(kind: Kind, object: KubeObject, fieldValidation: FieldValidation): Incoming {
  const type = typeOf(kind);
  if (!isRecord(object.metadata ?? {})) throw badRequest(`${handledAs(type)}: metadata is not an object`);
  object.metadata ??= {} as KubeObject['metadata'];
  const schema = schemaOf(type.apiVersion, type.kind);
  if (!schema) return { object, warnings: [] };
  const { unknownFields, typeErrors, causes } = checkSchema(schema, object);
  if (typeErrors.length > 0) throw badRequest(`${handledAs(type)}: ${typeErrors[0]}`);
  const unknown = unknownFields.map((path) => `unknown field "${path}"`);
  if (fieldValidation === 'Strict' && unknown.length > 0) {
    throw badRequest(`${handledAs(type)}: strict decoding error: ${unknown.join(', ')}`);
  }
  const { name, generateName } = object.metadata;
  const named = { group: kind.resource.group, kind: type.kind, name: name ?? generateName ?? '' };
  if (causes.length > 0) throw invalid(named, causes);
  return { object: prune(schema, object), warnings: fieldValidation === 'Warn' ? unknown : [] };
}

/** Fills in the namespace and name of the path, or throws BadRequest when the object says otherwise. */
export function placeObject(call: Call, object: KubeObject): void {
  const { metadata } = object;
  if (call.kind.resource.namespaced) {
    metadata.namespace ||= call.namespace ?? '';
    if (metadata.namespace !== call.namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
  } else {
    delete metadata.namespace;
  }
  if (call.name === undefined) return;
  metadata.name ||= call.name;
  if (metadata.name !== call.name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${call.name})`);
  }
}

function typeOf(kind: Kind): { kind: string; apiVersion: string } {
  return { kind: kind.resource.kind, apiVersion: apiVersionOf(kind.resource) };
}

function checkType(object: KubeObject, wanted: { kind: string; apiVersion: string }): void {
  if (object.apiVersion !== wanted.apiVersion) {
    const found = `the API version in the data (${object.apiVersion})`;
    throw badRequest(`${found} does not match the expected API version (${wanted.apiVersion})`);
  }
  if (object.kind !== wanted.kind) {
    const version = wanted.apiVersion.split('/').at(-1);
    const why = `need an object of kind "${wanted.kind}"`;
    throw badRequest(`${object.kind} in version "${version}" cannot be handled as a ${wanted.kind}: ${why}`);
  }
}

function handledAs(type: { kind: string; apiVersion: string }): string {
  return `${type.kind} in version "${type.apiVersion.split('/').at(-1)}" cannot be handled as a ${type.kind}`;
}

function shown(body: unknown): string {
  return body === undefined ? 'the request has no body' : `${JSON.stringify(body)?.slice(0, 60)} is not an object`;
}
