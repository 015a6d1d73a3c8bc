import { createHash } from 'node:crypto';
import type { Kind } from '../kind.ts';
import { apiVersionOf } from '../resource.ts';
import { componentsOf, groupVersionOf } from './components.ts';
import { pathsOf } from './paths.ts';
import type { OpenApiSchema, OpenApiV3Document, OpenApiV3Index, PathItem } from './types.ts';

/**
 * The document of one group version (`v1`, `apps/v1`): what can be asked of each of its `resources`, and the schemas that
 * these speak of. Entries of other group versions are left out. `kubectl` reads it to explain, to check whether the server
 * validates fields, and to make strategic merge patches. Costs some milliseconds: a server keeps it.
 */
export function openApiV3(groupVersion: string, resources: readonly Kind[]): OpenApiV3Document {
  const paths: Record<string, PathItem> = {};
  for (const kind of resources) {
    if (apiVersionOf(kind.resource) === groupVersion) Object.assign(paths, pathsOf(kind));
  }
  const sorted = Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.35.0' },
    paths: sorted,
    components: { schemas: componentsFor(sorted, groupVersion) },
  };
}

/** Where the document of each group version is. The hash in each address changes exactly when the document does. */
export function openApiV3Index(resources: readonly Kind[]): OpenApiV3Index {
  const groupVersions = [...new Set(resources.map((kind) => apiVersionOf(kind.resource)))].sort();
  const paths = groupVersions.map((groupVersion) => {
    const path = groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
    const hash = hashOf(openApiV3(groupVersion, resources));
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
  });
  return { paths: Object.fromEntries(paths) };
}

function hashOf(document: OpenApiV3Document): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('hex').toUpperCase();
}

/** The definitions that the operations speak of. One without a schema is an object of any form. */
function componentsFor(paths: Record<string, PathItem>, groupVersion: string): Record<string, OpenApiSchema> {
  const names = new Set<string>();
  for (const item of Object.values(paths)) {
    for (const operation of [item.get, item.put, item.post, item.delete, item.patch]) {
      const contents = [
        operation?.requestBody?.content,
        ...Object.values(operation?.responses ?? {}).map((r) => r.content),
      ];
      for (const { schema } of contents.flatMap((content) => Object.values(content ?? {}))) {
        const reference = schema['$ref'];
        if (typeof reference === 'string') names.add(reference.slice(reference.lastIndexOf('/') + 1));
      }
    }
  }
  const known = componentsOf(names, groupVersion);
  const unknown = [...names].filter((name) => !Object.hasOwn(known, name));
  return { ...known, ...Object.fromEntries(unknown.map((name) => [name, openSchema(name, groupVersion)])) };
}

function openSchema(name: string, groupVersion: string): OpenApiSchema {
  const kind = name.slice(name.lastIndexOf('.') + 1);
  return {
    type: 'object',
    'x-kubernetes-group-version-kind': [{ ...groupVersionOf(groupVersion), kind }],
    'x-kubernetes-preserve-unknown-fields': true,
  };
}
