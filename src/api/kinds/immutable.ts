import { isDeepStrictEqual } from 'node:util';
import { forbidden, invalidValue } from '../causes.ts';
import type { StatusCause } from '../status.ts';

/** A cause when a field that is fixed from the start has changed. */
export function unchanged(field: string, value: unknown, old: unknown): StatusCause[] {
  return isDeepStrictEqual(value, old) ? [] : [invalidValue(field, value, 'field is immutable')];
}

interface Sealable {
  immutable?: boolean;
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

/** Problems of changing a ConfigMap or Secret that was sealed with `immutable: true`. */
export function validateSealed(object: Sealable, old: Sealable): StatusCause[] {
  if (!old.immutable) return [];
  const detail = 'field is immutable when `immutable` is set';
  const changed = (['data', 'binaryData'] as const).filter(
    (name) => !isDeepStrictEqual(object[name] ?? {}, old[name] ?? {}),
  );
  return [
    ...(object.immutable ? [] : [forbidden('immutable', detail)]),
    ...changed.map((name) => forbidden(name, detail)),
  ];
}
