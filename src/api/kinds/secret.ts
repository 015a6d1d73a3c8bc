import { invalidEach, invalidValue, required, tooLong } from '../causes.ts';
import { ALL_VERBS, type Kind } from '../kind.ts';
import { checkConfigKey, checkDnsSubdomain } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { secrets } from '../resources.ts';
import type { StatusCause } from '../status.ts';
import type { Secret } from '../types/core.ts';
import { decodedBytes, validateBase64 } from './base64.ts';
import { AGE_COLUMN, ageCell, column, NAME_COLUMN } from './cells.ts';
import { unchanged, validateSealed } from './immutable.ts';

const BYTES_MAX = 1024 * 1024;
const REDACTED = '<secret contents redacted>';
const ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name';

/** Keys that secrets of a type must hold, in the order Kubernetes names them. */
const REQUIRED_KEYS: Record<string, readonly string[]> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

export const secretKind: Kind<Secret> = {
  resource: secrets,
  singular: 'secret',
  verbs: ALL_VERBS,
  columns: [
    NAME_COLUMN,
    column('Type', 'What the secret is for.'),
    column('Data', 'How many keys it holds.', { type: 'integer' }),
    AGE_COLUMN,
  ],

  defaults(secret) {
    secret.type ||= 'Opaque';
    const plain = Object.entries(secret.stringData ?? {});
    if (plain.length > 0) {
      secret.data = { ...secret.data };
      for (const [key, text] of plain) secret.data[key] = Buffer.from(text).toString('base64');
    }
    delete secret.stringData;
  },

  validate: (secret) => [...validateObjectMeta(secret.metadata, checkDnsSubdomain), ...validateData(secret)],

  validateUpdate: (secret, old) => [...unchanged('type', secret.type, old.type), ...validateSealed(secret, old)],

  selectableFields: (secret) => ({ type: secret.type ?? '' }),

  row(secret, now) {
    return [secret.metadata.name, secret.type ?? '', Object.keys(secret.data ?? {}).length, ageCell(secret, now)];
  },
};

function validateData({ metadata, type = '', data = {} }: Secret): StatusCause[] {
  const causes: StatusCause[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    causes.push(
      ...invalidEach(`data[${key}]`, key, checkConfigKey(key)),
      ...validateBase64(`data[${key}]`, value, { shown: REDACTED }),
    );
    bytes += decodedBytes(value);
  }
  if (bytes > BYTES_MAX) causes.push(tooLong('data', BYTES_MAX));
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.[ACCOUNT_ANNOTATION]) {
    causes.push(required(`metadata.annotations[${ACCOUNT_ANNOTATION}]`));
  }
  if (type === 'kubernetes.io/basic-auth' && !('username' in data) && !('password' in data)) {
    causes.push(required('data[username]'), required('data[password]'));
  }
  for (const key of REQUIRED_KEYS[type] ?? []) {
    if (!(key in data)) causes.push(required(`data[${key}]`));
    else if (key.startsWith('.docker') && !isJson(data[key] ?? '')) {
      causes.push(invalidValue(`data[${key}]`, REDACTED, 'must be valid JSON'));
    }
  }
  return causes;
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, 'base64').toString());
    return true;
  } catch {
    return false;
  }
}
