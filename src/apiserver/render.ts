import { stringify } from 'yaml';
import type { Kind } from '../api/kind.ts';
import type { ApiRequest, ApiResponse, SerializedEvent } from '../api/request.ts';
import type { KubeObject, ListMeta, WatchEventType } from '../api/types/meta.ts';
import type { Env } from '../base/env.ts';
import { type Accept, negotiate, type Rendering } from './accept.ts';
import { partialMetadata } from './partial.ts';
import { type TableOptions, tableOf, tableOptions } from './table.ts';
import { LazyEvent } from './watch/changeevents.ts';

const META = { group: 'meta.k8s.io', version: 'v1' } as const;
const OF_OBJECT: readonly Rendering[] = [
  { kind: 'Table', ...META },
  { kind: 'PartialObjectMetadata', ...META },
];
const OF_LIST: readonly Rendering[] = [
  { kind: 'Table', ...META },
  { kind: 'PartialObjectMetadataList', ...META },
];

/** Answers in the format that was negotiated. */
export function respond(
  accept: Accept,
  object: unknown,
  options: { status?: number; warnings?: readonly string[] } = {},
): ApiResponse {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (options.warnings && options.warnings.length > 0) headers['warning'] = warningHeader(options.warnings);
  const status = options.status ?? 200;
  if (accept.format === 'json') return { status, headers, body: { kind: 'object', object } };
  headers['content-type'] = 'application/yaml';
  return { status, headers, body: { kind: 'text', text: stringify(object, { aliasDuplicateObjects: false }) } };
}

/** Answers with one object, as itself or as a table or its metadata alone. */
export function respondObject(
  env: Env,
  call: { kind: Kind; request: ApiRequest },
  object: KubeObject,
  options: { status?: number; warnings?: readonly string[] } = {},
): ApiResponse {
  const accept = negotiate(call.request.headers['accept'], OF_OBJECT);
  const shape = shapeOf(env, call, accept);
  return respond(accept, shape ? shape.object(object) : object, options);
}

/** Answers with a list, as itself or as a table or a list of metadata. */
export function respondList(
  env: Env,
  call: { kind: Kind; request: ApiRequest },
  list: { metadata: ListMeta; items: readonly KubeObject[]; apiVersion: string; kind: string },
): ApiResponse {
  const accept = negotiate(call.request.headers['accept'], OF_LIST);
  const shape = shapeOf(env, call, accept);
  return respond(accept, shape ? shape.list(list) : list);
}

/** How to turn the events of a watch into what its client accepts; undefined when they are sent as they are. */
export function eventRendering(
  env: Env,
  call: { kind: Kind; request: ApiRequest },
): ((event: SerializedEvent) => SerializedEvent) | undefined {
  const shape = shapeOf(env, call, negotiate(call.request.headers['accept'], [...OF_OBJECT, ...OF_LIST]));
  if (!shape) return undefined;
  return ({ event }) => new LazyEvent(event.type, shape.event(event.type, event.object));
}

interface Shape {
  object(object: KubeObject): unknown;
  list(list: { metadata: ListMeta; items: readonly KubeObject[] }): unknown;
  event(type: WatchEventType, object: unknown): unknown;
}

function shapeOf(env: Env, call: { kind: Kind; request: ApiRequest }, accept: Accept): Shape | undefined {
  if (!accept.as) return undefined;
  if (accept.as.kind !== 'Table') return PARTIAL;
  return tableShape(call.kind, { ...tableOptions(call.request.query), now: env.clock.now() }, env);
}

const PARTIAL: Shape = {
  object: partialMetadata,
  list: ({ metadata, items }) => ({
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    items: items.map(partialMetadata),
  }),
  event: (type, object) => (type === 'ERROR' ? object : partialMetadata(object as KubeObject)),
};

function tableShape(kind: Kind, options: TableOptions, env: Env): Shape {
  let isFirst = true;
  return {
    object: (object) => tableOf(kind, [object], { ...options, metadata: metadataOf(object) }),
    list: ({ metadata, items }) => tableOf(kind, items, { ...options, metadata }),
    event(type, object) {
      if (type === 'ERROR') return object;
      const { metadata } = object as KubeObject;
      const rows = type === 'BOOKMARK' ? [] : [object as KubeObject];
      const table = tableOf(kind, rows, { ...options, now: env.clock.now(), metadata, headless: !isFirst });
      isFirst = false;
      return table;
    },
  };
}

function metadataOf(object: KubeObject): ListMeta {
  return { resourceVersion: object.metadata.resourceVersion };
}

/** RFC 9111 section 5.5 as Kubernetes uses it: one `299 - "…"` a warning. */
function warningHeader(warnings: readonly string[]): string {
  return warnings.map((text) => `299 - "${text.replace(/["\\]/g, '\\$&').replace(/[^\x20-\x7e]/g, '?')}"`).join(', ');
}
