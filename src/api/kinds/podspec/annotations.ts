import { invalidValue, notSupported } from '../../causes.ts';
import type { StatusCause } from '../../status.ts';
import { RELEASE_ANNOTATION, RELEASE_LEVELS, RELEASE_TIMEOUT_ANNOTATION } from '../../types/segue.ts';

/** Problems of the annotations that say how far routers must have let go before a pod is told to stop. */
export function validateReleaseAnnotations(
  annotations: Record<string, string> | undefined,
  field: string,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const level = annotations?.[RELEASE_ANNOTATION];
  if (level !== undefined && !(RELEASE_LEVELS as readonly string[]).includes(level)) {
    causes.push(notSupported(`${field}[${RELEASE_ANNOTATION}]`, level, RELEASE_LEVELS));
  }
  const timeout = annotations?.[RELEASE_TIMEOUT_ANNOTATION];
  if (timeout !== undefined && !/^\d{1,9}$/.test(timeout)) {
    const detail = 'must be a whole number of seconds, zero or more';
    causes.push(invalidValue(`${field}[${RELEASE_TIMEOUT_ANNOTATION}]`, timeout, detail));
  }
  return causes;
}
