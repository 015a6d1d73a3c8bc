import { invalidEach, invalidValue, tooLong } from '../causes.ts';
import { ALL_VERBS, type Kind } from '../kind.ts';
import { checkConfigKey, checkDnsSubdomain } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { configMaps } from '../resources.ts';
import type { StatusCause } from '../status.ts';
import type { ConfigMap } from '../types/core.ts';
import { decodedBytes, validateBase64 } from './base64.ts';
import { AGE_COLUMN, ageCell, column, NAME_COLUMN } from './cells.ts';
import { validateSealed } from './immutable.ts';

const BYTES_MAX = 1024 * 1024;

export const configMapKind: Kind<ConfigMap> = {
  resource: configMaps,
  singular: 'configmap',
  shortNames: ['cm'],
  verbs: ALL_VERBS,
  columns: [NAME_COLUMN, column('Data', 'How many keys it holds.', { type: 'integer' }), AGE_COLUMN],

  validate: (map) => [...validateObjectMeta(map.metadata, checkDnsSubdomain), ...validateData(map)],

  validateUpdate: validateSealed,

  row: (map, now) => [map.metadata.name, count(map.data) + count(map.binaryData), ageCell(map, now)],
};

function validateData({ data = {}, binaryData = {} }: ConfigMap): StatusCause[] {
  const causes: StatusCause[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    causes.push(...invalidEach(`data[${key}]`, key, checkConfigKey(key)));
    if (key in binaryData) causes.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    bytes += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    causes.push(...invalidEach(`binaryData[${key}]`, key, checkConfigKey(key)));
    causes.push(...validateBase64(`binaryData[${key}]`, value));
    bytes += decodedBytes(value);
  }
  if (bytes > BYTES_MAX) causes.push(tooLong('[]', BYTES_MAX));
  return causes;
}

function count(data: Record<string, string> | undefined): number {
  return Object.keys(data ?? {}).length;
}
