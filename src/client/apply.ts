import { isJsonObject, type JsonObject } from '../api/patch/json.ts';
import { apiVersionOf, type Resource } from '../api/resource.ts';
import { schemaOf } from '../api/schema/schema.ts';
import { badRequest, isStatus } from '../api/status.ts';
import type { KubeObject } from '../api/types/meta.ts';
import type { Client } from './client.ts';
import { threeWayPatch } from './threeway.ts';

/** Where `kubectl apply` keeps what was applied last; we keep it there too, so that both can take turns. */
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

export type Applied = 'created' | 'configured' | 'unchanged';

/**
 * Makes the object in the cluster what `manifest` says, as client-side `kubectl apply` does: fields it names are set,
 * fields and list elements that the last applied manifest named and this one does not are removed, all others are left
 * alone. Rejects with `StatusError`.
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
  const schema = schemaOf(apiVersionOf(resource), resource.kind);
  const patch = threeWayPatch(
    { before: lastApplied(current), after: { ...recorded }, current: { ...current } },
    schema,
  );
  const object = await client.of(resource).patch(name, patch, { namespace, type: schema ? 'strategic' : 'merge' });
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

function lastApplied(current: KubeObject): JsonObject {
  const text = current.metadata.annotations?.[LAST_APPLIED_ANNOTATION];
  if (text === undefined) return {};
  try {
    const before: unknown = JSON.parse(text);
    if (isJsonObject(before)) return before;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const { name } = current.metadata;
  throw badRequest(
    `Cannot apply ${name}: its annotation ${LAST_APPLIED_ANNOTATION} is no JSON object, need it removed`,
  );
}
