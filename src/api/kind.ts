import type { Resource } from './resource.ts';
import type { StatusCause } from './status.ts';
import type { KubeObject } from './types/meta.ts';

/**
 * One entry of the kind registry: all that generic code needs to serve a kind. Generic code never asks which kind it
 * holds; what differs from kind to kind is said here. Entries are data and pure functions, one file a kind.
 */
export interface Kind<T extends KubeObject = KubeObject> {
  readonly resource: Resource<T>;
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs: readonly Verb[];
  /** Subresources served, besides the object itself: `status`, `scale`, `binding`, `log`, … */
  readonly subresources?: readonly string[];
  /** Where the objects live: in the store (default), or in the memory of the server under a provider of its own. */
  readonly virtual?: boolean;
  /** True when writes to the main resource must not touch `status`, and writes to `status` nothing else. */
  readonly statusSubresource?: boolean;
  /** True when `metadata.generation` counts changes of `spec`. */
  readonly generation?: boolean;
  /** Fills in what Kubernetes fills in. Changes `object` in place; called on create, update and patch, idempotent. */
  defaults?(object: T): void;
  /** Called once on create after defaulting: drops what clients may not set (e.g. status). Changes `object` in place. */
  prepareForCreate?(object: T): void;
  /**
   * Called on every update and patch of the main resource, after defaulting and before validation: carries over what
   * the server assigned and clients may leave out (Service clusterIP, Secret type). Changes `object` in place.
   */
  prepareForUpdate?(object: T, old: T): void;
  /** Problems of `object` beyond its schema, `metadata` included, each with its field path. Empty when it is valid. */
  validate?(object: T): StatusCause[];
  /** Problems of the step from `old` to `object`: immutable fields and the like. */
  validateUpdate?(object: T, old: T): StatusCause[];
  /** Values of the field selectors the kind supports besides metadata.name and metadata.namespace. */
  selectableFields?(object: T): Record<string, string>;
  /** Seconds of grace on delete when the kind terminates gracefully (Pod); undefined deletes at once. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number | undefined;
  readonly columns: readonly Column[];
  /** Cells for `columns`, in their order. `now` is milliseconds since the epoch, for ages. */
  row(object: T, now: number): (string | number | boolean | null)[];
  /** Where `scale` reads and writes. */
  readonly scale?: ScalePaths<T>;
}

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export const ALL_VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/** A column of `kubectl get`, as `meta/v1` TableColumnDefinition. Priority 0 always shows, 1 with `-o wide`. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly format?: string;
  readonly description: string;
  readonly priority: number;
}

export interface ScalePaths<T> {
  replicas(object: T): number;
  setReplicas(object: T, replicas: number): void;
  statusReplicas(object: T): number;
  selector(object: T): string;
}
