import { notSupported } from '../../api/causes.ts';
import { badRequest } from '../../api/status.ts';
import { readBody } from '../body.ts';
import { isRecord } from '../json.ts';
import { booleanParam, dryRun, integerParam, invalidOptions } from '../params.ts';
import type { Call } from '../server.ts';

export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

/** `meta/v1` DeleteOptions. */
export interface DeleteOptions {
  readonly gracePeriodSeconds: number | undefined;
  /** Undefined: what the object's finalizers already say, else Background. */
  readonly propagationPolicy: PropagationPolicy | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun: boolean;
}

const POLICIES: readonly PropagationPolicy[] = ['Background', 'Foreground', 'Orphan'];

/** Reads the options from the body; without a body from the query. */
export function deleteOptions(call: Call): DeleteOptions {
  const body = readBody(call.request);
  if (body === undefined) return fromQuery(call.request.query);
  if (!isRecord(body)) throw badRequest('the object provided is unrecognized (must be of type DeleteOptions)');
  if (body['kind'] !== undefined && body['kind'] !== '' && body['kind'] !== 'DeleteOptions') {
    throw badRequest(
      `${String(body['kind'])} cannot be handled as a DeleteOptions: need an object of kind "DeleteOptions"`,
    );
  }
  const dry = body['dryRun'] ?? [];
  if (!Array.isArray(dry)) throw wrongType('dryRun', 'a list of strings');
  const isDry =
    dryRun(dry.map(String), 'DeleteOptions') || dryRun(call.request.query.getAll('dryRun'), 'DeleteOptions');
  return {
    gracePeriodSeconds: grace(body['gracePeriodSeconds'] ?? undefined),
    propagationPolicy: policy(body['propagationPolicy'], body['orphanDependents']),
    preconditions: preconditions(body['preconditions'] ?? {}),
    dryRun: isDry,
  };
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const orphan = query.has('orphanDependents') ? booleanParam(query, 'orphanDependents') : undefined;
  return {
    gracePeriodSeconds: grace(integerParam(query, 'gracePeriodSeconds')),
    propagationPolicy: policy(query.get('propagationPolicy') ?? undefined, orphan),
    preconditions: {},
    dryRun: dryRun(query.getAll('dryRun'), 'DeleteOptions'),
  };
}

/** A negative grace period is the shortest that still is one: 1 second, as Kubernetes reads it. */
function grace(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw wrongType('gracePeriodSeconds', 'a whole number');
  return value < 0 ? 1 : value;
}

function policy(value: unknown, orphanDependents: unknown): PropagationPolicy | undefined {
  if (value === undefined || value === null || value === '') {
    if (orphanDependents === true) return 'Orphan';
    return orphanDependents === false ? 'Background' : undefined;
  }
  const known = POLICIES.find((one) => one === value);
  if (!known) throw invalidOptions('DeleteOptions', notSupported('propagationPolicy', String(value), POLICIES));
  return known;
}

function preconditions(value: unknown): { uid?: string; resourceVersion?: string } {
  if (!isRecord(value)) throw wrongType('preconditions', 'an object');
  const { uid, resourceVersion } = value;
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
}

function wrongType(field: string, wanted: string): Error {
  return badRequest(`DeleteOptions in version "v1" cannot be handled as a DeleteOptions: ${field} is not ${wanted}`);
}
