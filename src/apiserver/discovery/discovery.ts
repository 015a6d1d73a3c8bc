import type { Kind } from '../../api/kind.ts';
import type { KindRegistry } from '../../api/registry.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { subresourceCalled } from '../subresources/subresources.ts';
import { subresourceVerbs } from './verbs.ts';

const ANY_CLIENT = [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }] as const;

/** `/api`: the versions of the core group. */
export function coreVersions(): unknown {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: ANY_CLIENT };
}

/** `/apis`: every group but the core one. */
export function groupList(registry: KindRegistry): unknown {
  const groups = groupNames(registry).map((group) => groupBody(registry, group));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** `/apis/<group>`, or undefined when there is no such group. */
export function groupOf(registry: KindRegistry, group: string): unknown {
  if (!groupNames(registry).includes(group)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(registry, group) };
}

/** `/api/v1` and `/apis/<group>/<version>`: the resources, or undefined when there are none. */
export function resourceList(registry: KindRegistry, group: string, version: string): unknown {
  const kinds = registry.all().filter((kind) => kind.resource.group === group && kind.resource.version === version);
  if (kinds.length === 0) return undefined;
  const resources = kinds.flatMap((kind) => [resourceBody(kind), ...subresourceBodies(kind)]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group, version }), resources };
}

export function groupNames(registry: KindRegistry): string[] {
  return [...new Set(registry.all().map((kind) => kind.resource.group))].filter((group) => group !== '').sort();
}

export function versionsOf(registry: KindRegistry, group: string): string[] {
  const kinds = registry.all().filter((kind) => kind.resource.group === group);
  return [...new Set(kinds.map((kind) => kind.resource.version))];
}

function groupBody(registry: KindRegistry, group: string): Record<string, unknown> {
  const versions = versionsOf(registry, group).map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function resourceBody({ resource, singular, verbs, shortNames, categories }: Kind): unknown {
  return {
    name: resource.resource,
    singularName: singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: [...verbs].sort(),
    ...(shortNames?.length ? { shortNames } : {}),
    ...(categories?.length ? { categories } : {}),
  };
}

function subresourceBodies({ resource, subresources = [] }: Kind): unknown[] {
  return subresources.map((name) => {
    const type = subresourceCalled(name)?.type;
    return {
      name: `${resource.resource}/${name}`,
      singularName: '',
      namespaced: resource.namespaced,
      ...(type ?? { kind: resource.kind }),
      verbs: subresourceVerbs(name),
    };
  });
}
