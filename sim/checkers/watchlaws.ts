import type { KubeObject } from '../../src/api/types/meta.ts';
import type { SeenEvent, SeenStream } from '../streams.ts';
import type { TrueChange } from '../truth.ts';
import type { Finding } from './finding.ts';

export type WatchLaw = 'Ordered' | 'Unique' | 'Atomic' | 'Resumable' | 'Reliable' | 'Bookmarkable' | 'Compacted';

/**
 * The laws of watch over what readers saw, as etcd's robustness tests name them:
 * Ordered: revisions grow. Unique: none comes twice. Atomic: an event is one change, whole. Resumable: the first event
 * is the first change after the revision that was asked for. Reliable: no change is left out between two events.
 * Bookmarkable: a bookmark comes after every change up to its revision. Compacted: what was forgotten is refused, so a
 * stream never begins before what the store remembers and never goes on after an error.
 */
export function watchLaws(streams: readonly SeenStream[], changes: readonly TrueChange[]): Finding[] {
  const byPath = new Map<string, readonly TrueChange[]>();
  return streams.flatMap((stream) => {
    const prefix = prefixOf(stream.path);
    if (!prefix) return [];
    const relevant = byPath.get(prefix) ?? changes.filter(({ key }) => key.startsWith(prefix));
    byPath.set(prefix, relevant);
    return lawsOf(stream, relevant);
  });
}

function lawsOf(stream: SeenStream, changes: readonly TrueChange[]): Finding[] {
  const found: Finding[] = [];
  const broken = (guarantee: WatchLaw, what: string) => {
    found.push({ guarantee, at: 0, what: `${stream.reader} watching ${stream.path}: ${what}`, about: [] });
  };
  const selected = changes.filter((change) => change.revision > stream.fromRevision && translate(change, stream));
  let next = 0;
  let last = stream.fromRevision;
  let isOver = false;
  for (const event of stream.events) {
    if (isOver) broken('Compacted', `${event.type} at ${event.revision} came after an error had ended the stream`);
    if (event.type === 'ERROR') {
      isOver = true;
      continue;
    }
    if (event.type === 'BOOKMARK') {
      const missing = selected[next];
      if (missing && missing.revision <= event.revision) {
        broken('Bookmarkable', `a bookmark at ${event.revision} came before ${missing.key} at ${missing.revision}`);
      }
      last = Math.max(last, event.revision);
      continue;
    }
    if (event.revision < last) broken('Ordered', `revision ${event.revision} came after ${last}`);
    else if (event.revision === last) broken('Unique', `revision ${event.revision} came twice`);
    last = Math.max(last, event.revision);
    const expected = selected[next];
    if (expected?.revision === event.revision) {
      const wrong = difference(event, { change: expected, stream });
      if (wrong) broken('Atomic', `the event at ${event.revision} ${wrong}`);
      next++;
      continue;
    }
    const law = next === 0 ? 'Resumable' : 'Reliable';
    broken(law, `revision ${event.revision} came where ${expected?.revision ?? 'nothing'} was due`);
    while (selected[next] && (selected[next] as TrueChange).revision <= event.revision) next++;
  }
  return found;
}

/** The event that a change is to the readers of a stream; undefined when it is none. */
function translate(change: TrueChange, stream: SeenStream): SeenEvent['type'] | undefined {
  const isIn = change.type === 'put' && matches(change.object, stream.fieldSelector);
  const wasIn = change.previous !== undefined && matches(change.previous, stream.fieldSelector);
  if (isIn) return wasIn ? 'MODIFIED' : 'ADDED';
  return wasIn ? 'DELETED' : undefined;
}

function matches(object: KubeObject, fieldSelector: string): boolean {
  if (fieldSelector === '') return true;
  const [path = '', value] = fieldSelector.split('=');
  const field = path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], object);
  return (field ?? '') === value;
}

function difference(
  event: SeenEvent,
  { change, stream }: { change: TrueChange; stream: SeenStream },
): string | undefined {
  const type = translate(change, stream);
  if (event.type !== type) return `is ${event.type}, need ${type}`;
  if (compared.get(event.object) === change) return undefined;
  const state = event.type === 'DELETED' ? change.previous : change.object;
  if (textOf(event.object) !== textOf(state)) return `is not the state that ${change.key} was given`;
  compared.set(event.object, change);
  return undefined;
}

/** What many readers share is looked at once. */
const compared = new WeakMap<KubeObject, TrueChange>();

/** The object without its revision: a deletion shows the last state at the deletion's own. */
function textOf(object: KubeObject | undefined): string {
  if (!object) return '';
  const { metadata, ...rest } = object;
  return JSON.stringify([{ ...metadata, resourceVersion: undefined }, rest]);
}

/** Keys below which the objects of a collection are; undefined for kinds that live in the API server's memory. */
function prefixOf(path: string): string | undefined {
  const match = /^\/(?:api\/v1|apis\/([^/]+)\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)$/.exec(path);
  if (!match) return undefined;
  const [, group = 'core', namespace, resource] = match;
  if (group === 'segue.dev') return undefined;
  return `/registry/${group}/${resource}/${namespace ? `${namespace}/` : ''}`;
}
