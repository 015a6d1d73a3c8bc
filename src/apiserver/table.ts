import type { Kind } from '../api/kind.ts';
import { badRequest } from '../api/status.ts';
import type { KubeObject, ListMeta } from '../api/types/meta.ts';
import { partialMetadata } from './partial.ts';

export interface TableOptions {
  /** What each row carries besides its cells. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
}

/** Reads `includeObject` of the query. */
export function tableOptions(query: URLSearchParams): Pick<TableOptions, 'includeObject'> {
  const includeObject = query.get('includeObject') || 'Metadata';
  if (includeObject !== 'None' && includeObject !== 'Metadata' && includeObject !== 'Object') {
    throw badRequest(`Cannot read the query: includeObject=${includeObject}, need None, Metadata or Object`);
  }
  return { includeObject };
}

/**
 * Objects as a `meta.k8s.io/v1` Table, which is what `kubectl get` prints. `headless` leaves the column definitions out:
 * in a watch only the first event has them.
 */
export function tableOf(
  kind: Kind,
  objects: readonly KubeObject[],
  options: TableOptions & { metadata: Partial<ListMeta>; headless?: boolean },
): unknown {
  const { resourceVersion, continue: next, remainingItemCount } = options.metadata;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {
      resourceVersion,
      ...(next ? { continue: next } : {}),
      ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    },
    columnDefinitions: options.headless ? null : kind.columns.map((column) => ({ format: '', ...column })),
    rows: objects.map((object) => rowOf(kind, object, options)),
  };
}

function rowOf(kind: Kind, object: KubeObject, options: TableOptions): unknown {
  const cells = kind.row(object, options.now);
  if (options.includeObject === 'None') return { cells };
  return { cells, object: options.includeObject === 'Object' ? object : partialMetadata(object) };
}
