/** The `Status` object of `meta/v1`, as every refusal travels on the wire. */
export interface Status {
  apiVersion: 'v1';
  kind: 'Status';
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: StatusReason | '';
  details?: StatusDetails;
  code: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface StatusCause {
  /** FieldValueRequired, FieldValueInvalid, FieldValueNotSupported, FieldValueDuplicate, FieldValueForbidden, … */
  reason: string;
  message: string;
  field?: string;
}

/** HTTP code of each reason, as `k8s.io/apimachinery/pkg/api/errors` pairs them. */
export const STATUS_CODES = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  ServerTimeout: 500,
} as const;

export type StatusReason = keyof typeof STATUS_CODES;

/** An expected refusal: what Kubernetes calls an API status error. Everything a client or a user may cause is one. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly reason: StatusReason;
  readonly code: number;
  readonly details: StatusDetails | undefined;

  constructor(reason: StatusReason, message: string, options: { details?: StatusDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.code = STATUS_CODES[reason];
    this.details = options.details;
  }

  toStatus(): Status {
    return {
      apiVersion: 'v1',
      kind: 'Status',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

/** Rebuilds the error from a `Status` received over the wire. */
export function statusErrorFrom(status: Pick<Status, 'reason' | 'message' | 'details' | 'code'>): StatusError {
  const known = status.reason && status.reason in STATUS_CODES ? (status.reason as StatusReason) : undefined;
  const reason = known ?? reasonOfCode(status.code);
  return new StatusError(reason, status.message ?? reason, status.details ? { details: status.details } : {});
}

function reasonOfCode(code: number): StatusReason {
  const found = Object.entries(STATUS_CODES).find(([, known]) => known === code);
  return (found?.[0] as StatusReason | undefined) ?? 'InternalError';
}

/** True when `error` is the refusal named by `reason`. */
export function isStatus(error: unknown, ...reasons: StatusReason[]): error is StatusError {
  return error instanceof StatusError && reasons.includes(error.reason);
}

type Named = { group: string; resource: string; name: string };

function qualified(what: { group: string; resource: string }): string {
  return what.group ? `${what.resource}.${what.group}` : what.resource;
}

export function notFound(what: Named): StatusError {
  return new StatusError('NotFound', `${qualified(what)} "${what.name}" not found`, {
    details: { name: what.name, group: what.group, kind: what.resource },
  });
}

export function alreadyExists(what: Named): StatusError {
  return new StatusError('AlreadyExists', `${qualified(what)} "${what.name}" already exists`, {
    details: { name: what.name, group: what.group, kind: what.resource },
  });
}

export function conflict(what: Named, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(what)} "${what.name}": ${why}`;
  return new StatusError('Conflict', message, { details: { name: what.name, group: what.group, kind: what.resource } });
}

/** `Invalid`, listing every cause with its field path, as `kubectl` prints them. `kind` is the Kind, not the plural. */
export function invalid(what: { group: string; kind: string; name: string }, causes: StatusCause[]): StatusError {
  const lines = causes.map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : cause.message));
  const list = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const kind = what.group ? `${what.kind}.${what.group}` : what.kind;
  return new StatusError('Invalid', `${kind} "${what.name}" is invalid: ${list}`, {
    details: { name: what.name, group: what.group, kind: what.kind, causes },
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError('BadRequest', message);
}
