import { badRequest } from '../../api/status.ts';
import { integerParam, invalidOptions } from '../params.ts';

/** Which state a list is of, and how much of it is wanted. */
export interface ListParams {
  /** 0: everything. */
  readonly limit: number;
  readonly page: Continuation | undefined;
  /** The state exactly as of this revision. */
  readonly exactRevision: number | undefined;
  /** The state must be at least as new as this revision. */
  readonly notOlderThan: number;
}

/** Where a paged list goes on. */
export interface Continuation {
  readonly revision: number;
  /** Key of the last object of the page before. */
  readonly after: string;
}

/** Reads limit, continue, resourceVersion and resourceVersionMatch as Kubernetes documents their combinations. */
export function listParams(query: URLSearchParams): ListParams {
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const token = query.get('continue') ?? '';
  const limit = Math.max(0, integerParam(query, 'limit') ?? 0);
  checkMatch(match, { version, token });
  if (token) {
    if (version && version !== '0') throw badRequest('specifying resource version is not allowed when using continue');
    return { limit, page: decodeContinuation(token), exactRevision: undefined, notOlderThan: 0 };
  }
  const revision = revisionParam(version) ?? 0;
  // Without a match rule a paged list of a revision means exactly that one: the oldest of the rules.
  const exact = match === 'Exact' || (match === '' && limit > 0 && revision > 0);
  return { limit, page: undefined, exactRevision: exact ? revision : undefined, notOlderThan: exact ? 0 : revision };
}

/** A resourceVersion of the query as a number; undefined when there is none. */
export function revisionParam(version: string): number | undefined {
  if (version === '') return undefined;
  if (!/^\d{1,16}$/.test(version) || !Number.isSafeInteger(Number(version))) {
    const message = `Invalid value: ${JSON.stringify(version)}: need a resourceVersion that the server gave`;
    throw invalidOptions('ListOptions', { reason: 'FieldValueInvalid', message, field: 'resourceVersion' });
  }
  return Number(version);
}

export function encodeContinuation(page: Continuation): string {
  const token = { v: 'meta.k8s.io/v1', rv: page.revision, start: page.after };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decodeContinuation(token: string): Continuation {
  try {
    const read: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    const { v, rv, start } = read as { v?: unknown; rv?: unknown; start?: unknown };
    if (v === 'meta.k8s.io/v1' && Number.isSafeInteger(rv) && typeof start === 'string') {
      return { revision: rv as number, after: start };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw badRequest('continue key is not valid: need the token of the page before');
}

function checkMatch(match: string, given: { version: string; token: string }): void {
  const refuse = (message: string, reason = 'FieldValueForbidden') => {
    throw invalidOptions('ListOptions', { reason, message, field: 'resourceVersionMatch' });
  };
  if (match === '') return;
  if (given.token) refuse('Forbidden: resourceVersionMatch is forbidden when continue is provided');
  if (!given.version) refuse('Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    const supported = 'supported values: "Exact", "NotOlderThan"';
    refuse(`Unsupported value: "${match}": ${supported}`, 'FieldValueNotSupported');
  }
  if (match === 'Exact' && given.version === '0') {
    refuse('Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
}
