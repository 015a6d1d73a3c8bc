import { apiVersionOf } from '../../api/resource.ts';
import { isStatus } from '../../api/status.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import { respondList } from '../render.ts';
import { selectionOf } from '../selection.ts';
import type { VerbHandler } from '../server.ts';
import { deleteObject } from './delete.ts';
import { deleteOptions } from './deleteoptions.ts';
import { readPage } from './list.ts';
import { listParams } from './listparams.ts';

/** DELETE of a collection: each selected object as if it were deleted alone. Answers with what they then were. */
export const deleteCollection: VerbHandler = async (server, call) => {
  const { kind } = call;
  const options = deleteOptions(call);
  const store = server.objects.storeOf(kind);
  const page = readPage(server, store, { params: listParams(call.request.query), selection: selectionOf(call) });
  const deletions = page.items.map(async ({ metadata: { namespace, name } }) => {
    try {
      return [await deleteObject(server, { kind, namespace, name }, options)];
    } catch (error) {
      if (isStatus(error, 'NotFound')) return [];
      throw error;
    }
  });
  const items: KubeObject[] = (await Promise.all(deletions)).flat();
  const { resource } = kind;
  return respondList(server.env, call, {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: page.metadata,
    items,
  });
};
