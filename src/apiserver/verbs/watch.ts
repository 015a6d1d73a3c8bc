import type { ApiResponse } from '../../api/request.ts';
import { below } from '../../base/random.ts';
import { expired } from '../errors.ts';
import { booleanParam, integerParam, invalidOptions } from '../params.ts';
import { eventRendering } from '../render.ts';
import { selectionOf } from '../selection.ts';
import type { VerbHandler } from '../server.ts';
import { revisionParam } from './listparams.ts';

/** A watch without a timeout of its own ends after 30 to 60 minutes, so that clients spread over servers again. */
const TIMEOUT_MIN_SECONDS = 1_800;
/** The longest that a timer can wait. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * GET with `watch=true`. A revision that is forgotten is refused with 410 Expired before the stream begins. So is one
 * that this server has not reached: it was another server's, or lost with its memory, and the client must list again.
 */
export const watch: VerbHandler = async (server, call): Promise<ApiResponse> => {
  const { query, signal } = call.request;
  const store = server.objects.storeOf(call.kind);
  const sendInitial = sendInitialEvents(query);
  const revision = revisionParam(query.get('resourceVersion') ?? '') ?? 0;
  const fromNow = sendInitial === false && revision === 0;
  const fromRevision = fromNow ? store.revision : sendInitial || revision === 0 ? undefined : revision;
  if (revision > store.revision || (fromRevision ?? store.revision) < store.compactedRevision) {
    throw expired(revision, store.compactedRevision);
  }
  const allowBookmarks = booleanParam(query, 'allowWatchBookmarks');
  const seconds =
    integerParam(query, 'timeoutSeconds') || TIMEOUT_MIN_SECONDS + below(server.env.random, TIMEOUT_MIN_SECONDS);
  const render = eventRendering(server.env, call);
  const stream = server.hub.watch(call.kind, {
    fromRevision,
    selection: selectionOf(call),
    allowBookmarks,
    markInitialEnd: sendInitial === true && allowBookmarks,
    timeoutMs: Math.min(Math.max(0, seconds) * 1_000, TIMER_MAX_MS),
    signal,
    ...(render ? { render } : {}),
  });
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'watch', stream } };
};

/** KEP-3157: `sendInitialEvents` needs `resourceVersionMatch=NotOlderThan`, and the match rule means nothing without it. */
function sendInitialEvents(query: URLSearchParams): boolean | undefined {
  const match = query.get('resourceVersionMatch') ?? '';
  const refuse = (message: string) =>
    invalidOptions('ListOptions', { reason: 'FieldValueForbidden', message, field: 'resourceVersionMatch' });
  if (!query.has('sendInitialEvents')) {
    if (match === '') return undefined;
    throw refuse('Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  }
  if (match !== 'NotOlderThan') {
    throw refuse('Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  return booleanParam(query, 'sendInitialEvents');
}
