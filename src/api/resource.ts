import type { KubeObject } from './types/meta.ts';

/** Where a kind lives on the wire: group, version, plural and scope. `T` is the object type it carries. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case: the word in the URL. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never present; ties the object type to the value. */
  readonly __object?: T;
}

export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group ? `${resource.group}/${resource.version}` : resource.version;
}

/** Path of the collection, or of one object when `name` is given. `namespace` undefined means all namespaces. */
export function pathOf(
  resource: Resource,
  where: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined } = {},
): string {
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  const scope = resource.namespaced && where.namespace ? `/namespaces/${where.namespace}` : '';
  const name = where.name ? `/${encodeURIComponent(where.name)}` : '';
  const subresource = where.subresource ? `/${where.subresource}` : '';
  return `${root}${scope}/${resource.resource}${name}${subresource}`;
}

/** Key of an object within its resource: `namespace/name`, or `name` for cluster-scoped kinds. */
export function keyOf(object: { metadata: { namespace?: string; name: string } }): string {
  return object.metadata.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : object.metadata.name;
}

export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
