import { duplicate, forbidden, invalidEach, invalidValue, oneOf, required } from '../../causes.ts';
import { checkConfigKey, checkDnsLabel } from '../../names.ts';
import { parseQuantity } from '../../quantity.ts';
import type { StatusCause } from '../../status.ts';
import type { KeyToPath, Volume } from '../../types/core.ts';
import { quantityProblem } from './resources.ts';

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** Problems of the volumes of a pod: each needs a name of its own and exactly one source. */
export function validateVolumes(volumes: readonly Volume[], field: string): StatusCause[] {
  const names = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const at = `${field}[${index}]`;
    const causes = [...validateSources(volume, at), ...validateName(volume.name, names, `${at}.name`)];
    names.add(volume.name);
    return causes;
  });
}

function validateName(name: string | undefined, names: ReadonlySet<string>, field: string): StatusCause[] {
  if (!name) return [required(field)];
  const causes = invalidEach(field, name, checkDnsLabel(name));
  if (names.has(name)) causes.push(duplicate(field, name));
  return causes;
}

function validateSources(volume: Volume, field: string): StatusCause[] {
  const [first, ...more] = Object.keys(volume).filter((key) => key !== 'name' && volume[key] !== undefined);
  if (!first) return [required(field, 'must specify a volume type')];
  return [
    ...validateSource(volume, `${field}.${first}`),
    ...more.map((source) => forbidden(`${field}.${source}`, 'may not specify more than 1 volume type')),
  ];
}

function validateSource(volume: Volume, field: string): StatusCause[] {
  if (volume.emptyDir) return validateEmptyDir(volume.emptyDir, field);
  if (volume.hostPath) return validateHostPath(volume.hostPath, field);
  if (volume.configMap) return validateKeyed('name', volume.configMap.name, { ...volume.configMap, field });
  if (volume.secret) return validateKeyed('secretName', volume.secret.secretName, { ...volume.secret, field });
  if (volume.downwardAPI) return validateMode(volume.downwardAPI.defaultMode, `${field}.defaultMode`);
  if (volume.projected) return validateMode(volume.projected.defaultMode, `${field}.defaultMode`);
  return [];
}

function validateEmptyDir(source: NonNullable<Volume['emptyDir']>, field: string): StatusCause[] {
  if (source.sizeLimit === undefined) return [];
  const problem = quantityProblem(`${field}.sizeLimit`, source.sizeLimit);
  if (problem) return [problem];
  if (parseQuantity(source.sizeLimit).nano >= 0n) return [];
  return [forbidden(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')];
}

function validateHostPath(source: NonNullable<Volume['hostPath']>, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!source.path) causes.push(required(`${field}.path`));
  else if (source.path.split('/').includes('..')) {
    causes.push(invalidValue(`${field}.path`, source.path, "must not contain '..'"));
  }
  if (source.type) causes.push(...oneOf(`${field}.type`, source.type, HOST_PATH_TYPES));
  return causes;
}

function validateKeyed(
  nameField: string,
  name: string | undefined,
  source: { field: string; items?: KeyToPath[]; defaultMode?: number },
): StatusCause[] {
  return [
    ...(name ? [] : [required(`${source.field}.${nameField}`)]),
    ...validateMode(source.defaultMode, `${source.field}.defaultMode`),
    ...(source.items ?? []).flatMap((item, index) => validateItem(item, `${source.field}.items[${index}]`)),
  ];
}

function validateItem(item: KeyToPath, field: string): StatusCause[] {
  return [
    ...(item.key ? invalidEach(`${field}.key`, item.key, checkConfigKey(item.key)) : [required(`${field}.key`)]),
    ...(item.path ? validateLocalPath(item.path, `${field}.path`) : [required(`${field}.path`)]),
    ...validateMode(item.mode, `${field}.mode`),
  ];
}

/** A path inside a volume: relative and without a way up. */
export function validateLocalPath(path: string, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (path.startsWith('/')) causes.push(invalidValue(field, path, 'must be a relative path'));
  if (path.split('/').includes('..')) causes.push(invalidValue(field, path, "must not contain '..'"));
  return causes;
}

function validateMode(mode: number | undefined, field: string): StatusCause[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  return [invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}
