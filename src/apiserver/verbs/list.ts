import { apiVersionOf } from '../../api/resource.ts';
import { StatusError } from '../../api/status.ts';
import type { KubeObject, ListMeta } from '../../api/types/meta.ts';
import { CompactedError, FutureRevisionError, type ListResult, type Store } from '../../store/store.ts';
import { expired, tooLargeResourceVersion } from '../errors.ts';
import { respondList } from '../render.ts';
import { type Selection, selectionOf } from '../selection.ts';
import type { Server, VerbHandler } from '../server.ts';
import { encodeContinuation, type ListParams, listParams } from './listparams.ts';

/** How many entries are read at once when a selector decides which of them count. */
const SCAN_STEP = 500;

export interface ListPage {
  readonly metadata: ListMeta;
  readonly items: readonly KubeObject[];
}

/** GET of a collection: a snapshot of one revision, in pages when `limit` is given. */
export const list: VerbHandler = async (server, call) => {
  const store = server.objects.storeOf(call.kind);
  const page = readPage(server, store, { params: listParams(call.request.query), selection: selectionOf(call) });
  const { resource } = call.kind;
  const typed = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), ...page };
  return respondList(server.env, call, typed);
};

/** Reads one page. Throws Expired when the revision is forgotten, Timeout when it is not reached yet. */
export function readPage(
  server: Pick<Server, 'objects'>,
  store: Store,
  options: { params: ListParams; selection: Selection },
): ListPage {
  const { params, selection } = options;
  if (params.notOlderThan > store.revision) throw tooLargeResourceVersion(params.notOlderThan, store.revision);
  const items: KubeObject[] = [];
  let after = params.page?.after;
  let revision = params.page?.revision ?? params.exactRevision;
  for (;;) {
    const found = readStep(store, { params, selection, revision, after, missing: params.limit - items.length });
    revision = found.revision;
    for (const entry of found.entries) {
      if (params.limit > 0 && items.length === params.limit) break;
      after = entry.key;
      if (!selection.everything && !selection.mayMatch(entry.key)) continue;
      const object = server.objects.decode(entry);
      if (selection.everything || selection.matches(object)) items.push(object);
    }
    const isFull = params.limit > 0 && items.length === params.limit;
    const isLast = found.remaining === 0 && after === (found.entries.at(-1)?.key ?? after);
    if (!isFull && !isLast) continue;
    const metadata: ListMeta = { resourceVersion: String(revision) };
    if (!isLast) {
      metadata.continue = encodeContinuation({ revision, after: after ?? '' });
      if (selection.everything) metadata.remainingItemCount = found.remaining;
    }
    return { metadata, items };
  }
}

interface Step {
  readonly params: ListParams;
  readonly selection: Selection;
  readonly revision: number | undefined;
  readonly after: string | undefined;
  readonly missing: number;
}

function readStep(store: Store, step: Step): ListResult {
  const { params, selection, revision, after, missing } = step;
  const limit = params.limit === 0 ? undefined : selection.everything ? missing : SCAN_STEP;
  try {
    return store.list({
      prefix: selection.prefix,
      ...(limit === undefined ? {} : { limit }),
      ...(after === undefined ? {} : { after }),
      ...(revision === undefined ? {} : { revision }),
    });
  } catch (error) {
    if (error instanceof CompactedError) {
      throw params.page ? continueExpired() : expired(revision ?? 0, error.compactedRevision);
    }
    if (error instanceof FutureRevisionError) throw tooLargeResourceVersion(revision ?? 0, store.revision);
    throw error;
  }
}

function continueExpired(): StatusError {
  const message =
    'The provided continue parameter is too old to display a consistent list result. ' +
    'You must start a new list without the continue parameter.';
  return new StatusError('Expired', message);
}
