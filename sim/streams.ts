import type { SerializedEvent } from '../src/api/request.ts';
import type { KubeObject } from '../src/api/types/meta.ts';
import type { ClientRequest } from '../src/client/transport.ts';
import type { StreamTap } from './watchpipe.ts';

export interface SeenEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly revision: number;
  /** `namespace/name`, or the name alone. */
  readonly key: string;
  readonly object: KubeObject;
}

/** What one reader saw of one watch, from its opening to its end. */
export interface SeenStream {
  readonly reader: string;
  readonly path: string;
  readonly fieldSelector: string;
  /** Changes after this revision were asked for. */
  readonly fromRevision: number;
  readonly events: SeenEvent[];
}

/** Keeps what every reader of every watch saw. */
export class Streams {
  readonly seen: SeenStream[] = [];

  tap(reader: string, request: ClientRequest): StreamTap {
    const stream: SeenStream = {
      reader,
      path: request.path,
      fieldSelector: request.query.get('fieldSelector') ?? '',
      fromRevision: Number(request.query.get('resourceVersion') ?? 0),
      events: [],
    };
    this.seen.push(stream);
    return { onEvents: (events) => stream.events.push(...events.map(seenEvent)) };
  }
}

function seenEvent({ event }: SerializedEvent): SeenEvent {
  const object = event.object as KubeObject;
  const { namespace, name } = object.metadata ?? {};
  return {
    type: event.type,
    revision: Number(object.metadata?.resourceVersion ?? 0),
    key: namespace ? `${namespace}/${name}` : (name ?? ''),
    object,
  };
}
