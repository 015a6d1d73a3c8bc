import type { Schema } from '../schema/shape.ts';
import { StatusError } from '../status.ts';
import type { JsonObject } from './json.ts';
import { jsonPatch } from './jsonpatch.ts';
import { mergePatch } from './merge.ts';
import { strategicMergePatch } from './strategic.ts';

export interface PatchRequest<T extends object> {
  /** As the request's header gives it; parameters after `;` do not matter. */
  readonly contentType: string;
  readonly current: T;
  /** The parsed body. */
  readonly patch: unknown;
  /** Absent for kinds made by a CustomResourceDefinition, which know no strategic merge. */
  readonly schema: Schema | undefined;
}

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';

/**
 * `current` as the patch would have it: a new object that may share parts with `current` and `patch`, neither of which is
 * changed. Throws StatusError: UnsupportedMediaType for another content type, BadRequest for a patch that cannot be read,
 * Invalid for one that cannot be applied.
 */
export function applyPatch<T extends object>(request: PatchRequest<T>): T {
  const current = request.current as JsonObject;
  switch (mediaTypeOf(request.contentType)) {
    case JSON_PATCH:
      return jsonPatch(current, request.patch) as T;
    case MERGE_PATCH:
      return mergePatch(current, request.patch) as T;
    case STRATEGIC_MERGE_PATCH:
      if (request.schema) return strategicMergePatch(current, request.patch, request.schema) as T;
  }
  throw unsupported(request.schema);
}

/** Content types that `applyPatch` accepts for a kind with, or without, a schema of Go's making. */
export function patchTypes(schema: Schema | undefined): string[] {
  return schema ? [JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH] : [JSON_PATCH, MERGE_PATCH];
}

function mediaTypeOf(contentType: string): string {
  return contentType.split(';', 1)[0]!.trim().toLowerCase();
}

function unsupported(schema: Schema | undefined): StatusError {
  const accepted = patchTypes(schema).join(', ');
  return new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
  );
}
