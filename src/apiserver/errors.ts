import { type Status, StatusError } from '../api/status.ts';

/** The history that the client asks for is gone: it must list again. */
export function expired(asked: number, oldest: number): StatusError {
  return new StatusError('Expired', `too old resource version: ${asked} (${oldest})`);
}

/** The client has seen a revision that this server has not reached (KEP-2340's cause, known to client-go). */
export function tooLargeResourceVersion(asked: number, newest: number): StatusError {
  return new StatusError('Timeout', `Too large resource version: ${asked}, current: ${newest}`, {
    details: {
      retryAfterSeconds: 1,
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    },
  });
}

/** kubectl knows this sentence. */
export function unknownPath(): StatusError {
  return new StatusError('NotFound', 'the server could not find the requested resource', { details: {} });
}

export function methodNotAllowed(): StatusError {
  return new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {
    details: {},
  });
}

export function forbidden(what: { group: string; resource: string; name: string }, why: string): StatusError {
  const qualified = what.group ? `${what.resource}.${what.group}` : what.resource;
  return new StatusError('Forbidden', `${qualified} "${what.name}" is forbidden: ${why}`, {
    details: { name: what.name, group: what.group, kind: what.resource },
  });
}

export function internalError(error: unknown): Status {
  const why = error instanceof Error ? error.message : String(error);
  return new StatusError('InternalError', `Internal error occurred: ${why}`, {
    details: { causes: [{ reason: '', message: why }] },
  }).toStatus();
}
