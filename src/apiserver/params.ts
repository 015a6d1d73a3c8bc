import { badRequest, invalid, type StatusCause } from '../api/status.ts';

/** A boolean of the query. Absent is false; present without a value is true, as Kubernetes reads it. */
export function booleanParam(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null) return false;
  if (value === '' || /^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw badRequest(`Cannot read the query: ${name}=${value}, need true or false`);
}

/** A whole number of the query, or undefined when it is absent or empty. */
export function integerParam(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^-?\d{1,15}$/.test(value)) throw badRequest(`Cannot read the query: ${name}=${value}, need a whole number`);
  return Number(value);
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** Options of every write. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
}

/** Options of a create, update or patch from its query. Throws Invalid, as Kubernetes names the options object. */
export function writeOptions(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
): WriteOptions {
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (fieldValidation !== 'Strict' && fieldValidation !== 'Warn' && fieldValidation !== 'Ignore') {
    const message = `Unsupported value: "${fieldValidation}": supported values: "", "Ignore", "Strict", "Warn"`;
    throw invalidOptions(kind, { reason: 'FieldValueNotSupported', message, field: 'fieldValidation' });
  }
  return { dryRun: dryRun(query.getAll('dryRun'), kind), fieldValidation };
}

/** True for `All`, the only value there is. */
export function dryRun(values: readonly string[], kind: string): boolean {
  const wrong = values.find((value) => value !== 'All' && value !== '');
  if (wrong !== undefined) {
    const message = `Unsupported value: "${wrong}": supported values: "All"`;
    throw invalidOptions(kind, { reason: 'FieldValueNotSupported', message, field: 'dryRun' });
  }
  return values.includes('All');
}

export function invalidOptions(kind: string, cause: StatusCause): Error {
  return invalid({ group: 'meta.k8s.io', kind, name: '' }, [cause]);
}
