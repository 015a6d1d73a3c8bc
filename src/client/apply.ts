import type { Resource } from '../api/resource.ts';
import { isStatus } from '../api/status.ts';
import type { KubeObject } from '../api/types/meta.ts';
import type { Client } from './client.ts';

/** Where `kubectl apply` keeps what was applied last; we keep it there too, so that both can take turns. */
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

export type Applied = 'created' | 'configured' | 'unchanged';

/**
 * Makes the object in the cluster what `manifest` says, as client-side `kubectl apply` does: fields it names are set,
 * fields that the last applied manifest named and this one does not are removed, all others are left alone.
 */
export async function apply(
  client: Client,
  resource: Resource,
  manifest: KubeObject,
): Promise<{ object: KubeObject; applied: Applied }> {
  const { name } = manifest.metadata;
  const namespace = resource.namespaced ? (manifest.metadata.namespace ?? 'default') : undefined;
  const recorded = withLastApplied(manifest, namespace);
  const current = await find(client, resource, { name, namespace });
  if (!current) return { object: await client.of(resource).create(recorded), applied: 'created' };
  const patch = deepMerge(removals(lastApplied(current), manifest), recorded);
  const object = await client.of(resource).patch(name, patch, { namespace, type: 'strategic' });
  const same = object.metadata.resourceVersion === current.metadata.resourceVersion;
  return { object, applied: same ? 'unchanged' : 'configured' };
}

async function find(client: Client, resource: Resource, at: { name: string; namespace: string | undefined }) {
  try {
    return await client.of(resource).get(at.name, { namespace: at.namespace });
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}

function withLastApplied(manifest: KubeObject, namespace: string | undefined): KubeObject {
  const { annotations = {} } = manifest.metadata;
  const { [LAST_APPLIED_ANNOTATION]: _, ...others } = annotations;
  const metadata = { ...manifest.metadata, ...(namespace ? { namespace } : {}), annotations: others };
  const text = `${JSON.stringify({ ...manifest, metadata })}\n`;
  return { ...manifest, metadata: { ...metadata, annotations: { ...others, [LAST_APPLIED_ANNOTATION]: text } } };
}

function lastApplied(current: KubeObject): unknown {
  const text = current.metadata.annotations?.[LAST_APPLIED_ANNOTATION];
  return text === undefined ? {} : JSON.parse(text);
}

type Json = Record<string, unknown>;

/** For every field of `before` that `after` no longer names: null. Lists are merged by the server, by their keys. */
function removals(before: unknown, after: unknown): Json {
  if (!isMap(before) || !isMap(after)) return {};
  const out: Json = {};
  for (const [key, value] of Object.entries(before)) {
    if (!(key in after)) out[key] = null;
    else if (isMap(value)) {
      const inner = removals(value, after[key]);
      if (Object.keys(inner).length > 0) out[key] = inner;
    }
  }
  return out;
}

function deepMerge(base: Json, over: object): Json {
  const out: Json = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const known = out[key];
    out[key] = isMap(known) && isMap(value) ? deepMerge(known, value) : value;
  }
  return out;
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
