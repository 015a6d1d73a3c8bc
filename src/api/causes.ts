import type { StatusCause } from './status.ts';

/** Field errors in the words of `k8s.io/apimachinery/pkg/util/validation/field`: each makes one cause of an `Invalid`. */
export function required(field: string, detail = ''): StatusCause {
  return { reason: 'FieldValueRequired', message: withDetail('Required value', detail), field };
}

/** `value` is shown as JSON, absent ones as `null`. */
export function invalidValue(field: string, value: unknown, detail: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: withDetail(`Invalid value: ${shown(value)}`, detail), field };
}

export function notSupported(field: string, value: string, supported: readonly string[]): StatusCause {
  const list = supported.map((one) => JSON.stringify(one)).join(', ');
  const message = `Unsupported value: ${shown(value)}: supported values: ${list}`;
  return { reason: 'FieldValueNotSupported', message, field };
}

export function duplicate(field: string, value: unknown): StatusCause {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${shown(value)}`, field };
}

export function forbidden(field: string, detail: string): StatusCause {
  return { reason: 'FieldValueForbidden', message: withDetail('Forbidden', detail), field };
}

export function fieldNotFound(field: string, value: unknown): StatusCause {
  return { reason: 'FieldValueNotFound', message: `Not found: ${shown(value)}`, field };
}

export function tooLong(field: string, bytesMax: number): StatusCause {
  return { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${bytesMax} bytes`, field };
}

export function tooMany(field: string, actual: number, max: number): StatusCause {
  return { reason: 'FieldValueTooMany', message: `Too many: ${actual}: must have at most ${max} items`, field };
}

/** One `Invalid value` for each message; none when the check that made the messages found nothing wrong. */
export function invalidEach(field: string, value: unknown, messages: readonly string[]): StatusCause[] {
  return messages.map((message) => invalidValue(field, value, message));
}

/** A cause when `value` is set and negative. */
export function nonNegative(field: string, value: number | undefined): StatusCause[] {
  if (value === undefined || value >= 0) return [];
  return [invalidValue(field, value, 'must be greater than or equal to 0')];
}

/** A cause when `value` is not one of `supported`; `Required value` when it is empty. */
export function oneOf(field: string, value: string | undefined, supported: readonly string[]): StatusCause[] {
  if (!value) return [required(field)];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

function withDetail(head: string, detail: string): string {
  return detail ? `${head}: ${detail}` : head;
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}
