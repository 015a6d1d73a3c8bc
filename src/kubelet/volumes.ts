import { configMaps, secrets } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { KeyToPath, Pod, Volume, VolumeMount } from '../api/types/core.ts';
import type { Client } from '../client/client.ts';
import type { Mount } from '../runtime/runtime.ts';
import { podField } from './environment.ts';
import { type PodFiles, VolumeError, type VolumeFile } from './host.ts';

const DEFAULT_MODE = 0o644;

export interface VolumeContext {
  readonly client: Client;
  readonly files: PodFiles;
  readonly pod: Pod;
  readonly podIP: string;
  readonly hostIP: string;
}

/** Provides every volume of the pod and returns where each is on the host. Rejects with `VolumeError`. */
export async function provideVolumes(context: VolumeContext): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const volume of context.pod.spec.volumes ?? []) paths.set(volume.name, await provide(volume, context));
  return paths;
}

/** The mounts of one container, from where its pod's volumes are. */
export async function mountsOf(
  mounts: readonly VolumeMount[],
  volumes: ReadonlyMap<string, string>,
  options: { files: PodFiles },
): Promise<Mount[]> {
  const out: Mount[] = [];
  for (const { name, mountPath, subPath, readOnly } of mounts) {
    const root = volumes.get(name);
    if (root === undefined) throw new VolumeError(`volume "${name}" not found`);
    const hostPath = subPath ? await options.files.subPath(root, subPath) : root;
    out.push({ hostPath, containerPath: mountPath, readOnly: readOnly ?? false });
  }
  return out;
}

interface DownwardItem {
  path: string;
  mode?: number;
  fieldRef?: { fieldPath: string };
}

interface Projection {
  configMap?: { name: string; items?: KeyToPath[]; optional?: boolean };
  secret?: { name: string; items?: KeyToPath[]; optional?: boolean };
  downwardAPI?: { items?: DownwardItem[] };
  serviceAccountToken?: unknown;
}

async function provide(volume: Volume, context: VolumeContext): Promise<string> {
  const { files, pod } = context;
  const { uid } = pod.metadata;
  if (volume.emptyDir) return files.emptyDir(uid, volume.name);
  if (volume.hostPath) return files.hostPath(volume.hostPath.path, volume.hostPath.type ?? '');
  const content = await contentOf(volume, context);
  if (content) return files.fileVolume(uid, volume.name, content);
  const source = Object.keys(volume).find((key) => key !== 'name') ?? 'none';
  throw new VolumeError(
    `Cannot mount volume "${volume.name}": its source is ${source}, need one of emptyDir, hostPath, configMap, secret, downwardAPI, projected`,
  );
}

async function contentOf(volume: Volume, context: VolumeContext): Promise<Map<string, VolumeFile> | undefined> {
  const { configMap, secret } = volume;
  const projected = volume['projected'] as { sources?: Projection[]; defaultMode?: number } | undefined;
  const downward = volume['downwardAPI'] as { items?: DownwardItem[]; defaultMode?: number } | undefined;
  const out = new Map<string, VolumeFile>();
  if (configMap) add(out, await configMapFiles(configMap, context), configMap);
  else if (secret) add(out, await secretFiles({ ...secret, name: secret.secretName }, context), secret);
  else if (downward) add(out, downwardFiles(downward.items, context), mode(downward));
  else if (projected) {
    for (const source of projected.sources ?? []) {
      if (source.configMap)
        add(out, await configMapFiles(source.configMap, context), { ...source.configMap, ...mode(projected) });
      else if (source.secret)
        add(out, await secretFiles(source.secret, context), { ...source.secret, ...mode(projected) });
      else if (source.downwardAPI) add(out, downwardFiles(source.downwardAPI.items, context), mode(projected));
      else
        throw new VolumeError(
          `Cannot mount volume "${volume.name}": projected source ${Object.keys(source)} is not served`,
        );
    }
  } else return undefined;
  return out;
}

function mode({ defaultMode }: { defaultMode?: number }): { defaultMode?: number } {
  return defaultMode === undefined ? {} : { defaultMode };
}

type Source = { items?: KeyToPath[]; defaultMode?: number; optional?: boolean };
type Contents = ReadonlyMap<string, Uint8Array>;

/** Adds what `source` selects of `contents`: all of it, or the keys it lists at the paths it gives them. */
function add(out: Map<string, VolumeFile>, contents: Contents, source: Source): void {
  const items = source.items ?? [...contents.keys()].map((key): KeyToPath => ({ key, path: key }));
  for (const { key, path, mode: own } of items) {
    const content = contents.get(key);
    if (!content && source.optional) continue;
    if (!content) throw new VolumeError(`references non-existent config key: ${key}`);
    out.set(path, { content, mode: own ?? source.defaultMode ?? DEFAULT_MODE });
  }
}

async function configMapFiles(
  ref: { name: string; optional?: boolean },
  { client, pod }: VolumeContext,
): Promise<Contents> {
  const { namespace } = pod.metadata;
  const found = await optional(
    client.of(configMaps).get(ref.name, { namespace }),
    ref,
    `configmap "${ref.name}" not found`,
  );
  const text = Object.entries(found?.data ?? {}).map(([key, value]): [string, Uint8Array] => [key, Buffer.from(value)]);
  return new Map([...text, ...base64(found?.binaryData)]);
}

async function secretFiles(
  ref: { name: string; optional?: boolean },
  { client, pod }: VolumeContext,
): Promise<Contents> {
  const { namespace } = pod.metadata;
  const found = await optional(client.of(secrets).get(ref.name, { namespace }), ref, `secret "${ref.name}" not found`);
  return new Map(base64(found?.data));
}

function base64(data: Record<string, string> = {}): [string, Uint8Array][] {
  return Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]);
}

function downwardFiles(items: readonly DownwardItem[] = [], { pod, podIP, hostIP }: VolumeContext): Contents {
  return new Map(
    items.map(({ path, fieldRef }): [string, Uint8Array] => {
      const value = fieldRef ? podField(fieldRef.fieldPath, { pod, podIP, hostIP }) : undefined;
      if (value === undefined)
        throw new VolumeError(`unsupported downward API item ${path}: need a fieldRef to a pod's field`);
      return [path, Buffer.from(value)];
    }),
  );
}

async function optional<T>(found: Promise<T>, ref: { optional?: boolean }, missing: string): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
    if (!ref.optional) throw new VolumeError(missing, { cause: error });
    return undefined;
  }
}
