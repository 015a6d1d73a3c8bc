import { applyPatch } from '../../api/patch/patch.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { schemaOf } from '../../api/schema/schema.ts';
import { StatusError } from '../../api/status.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import { contentTypeOf, readPatch, unsupportedMediaType } from '../body.ts';
import { checkShape, placeObject } from '../incoming.ts';
import { cloneJson } from '../json.ts';
import { checkPreconditions } from '../metadata.ts';
import { writeOptions } from '../params.ts';
import { respondObject } from '../render.ts';
import type { Call, VerbHandler } from '../server.ts';
import { updateObject } from '../write.ts';
import { targetOf } from './get.ts';
import { scopeOf } from './update.ts';

export const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
] as const;

const APPLY_TYPE = 'application/apply-patch+yaml';

function serverSideApply(): StatusError {
  const need = `need one of ${PATCH_TYPES.join(', ')} (kubectl apply without --server-side)`;
  return new StatusError('UnsupportedMediaType', `Cannot apply the patch: ${APPLY_TYPE} is not served, ${need}`);
}

/** How often a patch is applied again to newer state, as in Kubernetes. */
export const PATCH_RETRIES_MAX = 5;

/**
 * PATCH of an object, or of its status. When another write comes between, the patch is applied to the newer state; a
 * patch that says a resourceVersion is refused instead.
 */
export const patch: VerbHandler = async (server, call) => {
  const options = writeOptions(call.request.query, 'PatchOptions');
  const apply = patchOf(call);
  const target = targetOf(call);
  let warnings: readonly string[] = [];
  const change = (_copy: KubeObject, current: KubeObject): KubeObject => {
    const patched = checkShape(call.kind, apply(current), options.fieldValidation);
    warnings = patched.warnings;
    placeObject(call, patched.object);
    const { uid, resourceVersion } = patched.object.metadata;
    checkPreconditions(target, current, { uid, resourceVersion });
    return patched.object;
  };
  const stored = await updateObject(server, target, change, {
    dryRun: options.dryRun,
    scope: scopeOf(call),
    retriesMax: PATCH_RETRIES_MAX,
  });
  return respondObject(server.env, call, stored, { warnings });
};

/** The patch of a request as a function of the object. Throws UnsupportedMediaType for kinds of patches not served. */
export function patchOf(
  call: Call,
  schemaType?: { apiVersion: string; kind: string },
): (current: KubeObject) => KubeObject {
  const sent = contentTypeOf(call.request);
  const contentType = PATCH_TYPES.find((known) => known === sent);
  if (!contentType) throw sent === APPLY_TYPE ? serverSideApply() : unsupportedMediaType(PATCH_TYPES);
  const body = readPatch(call.request);
  const { resource } = call.kind;
  const type = schemaType ?? { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const schema = schemaOf(type.apiVersion, type.kind);
  return (current) => cloneJson(applyPatch({ contentType, current, patch: body, schema })) as KubeObject;
}
