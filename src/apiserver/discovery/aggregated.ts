import type { Kind } from '../../api/kind.ts';
import type { KindRegistry } from '../../api/registry.ts';
import { subresourceCalled } from '../subresources/subresources.ts';
import { groupNames, versionsOf } from './discovery.ts';
import { subresourceVerbs } from './verbs.ts';

/** `apidiscovery.k8s.io/v2` (KEP-3352): all groups, versions and resources in one answer. `core`: what `/api` serves. */
export function aggregatedDiscovery(registry: KindRegistry, options: { core: boolean }): unknown {
  const groups = options.core ? [''] : groupNames(registry);
  const items = groups.map((group) => ({
    metadata: group ? { name: group, creationTimestamp: null } : { creationTimestamp: null },
    versions: versionsOf(registry, group).map((version) => versionBody(registry, group, version)),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function versionBody(registry: KindRegistry, group: string, version: string): unknown {
  const kinds = registry.all().filter((kind) => kind.resource.group === group && kind.resource.version === version);
  return { version, resources: kinds.map(resourceBody), freshness: 'Current' };
}

function resourceBody({ resource, singular, verbs, shortNames, categories, subresources }: Kind): unknown {
  const { group, version, kind } = resource;
  return {
    resource: resource.resource,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: [...verbs].sort(),
    ...(shortNames?.length ? { shortNames } : {}),
    ...(categories?.length ? { categories } : {}),
    ...(subresources?.length ? { subresources: subresources.map((name) => subresourceBody(name, resource)) } : {}),
  };
}

function subresourceBody(name: string, owner: { group: string; version: string; kind: string }): unknown {
  const { group, version, kind } = subresourceCalled(name)?.type ?? owner;
  return { subresource: name, responseKind: { group, version, kind }, verbs: subresourceVerbs(name) };
}
