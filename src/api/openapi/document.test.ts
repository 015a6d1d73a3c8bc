import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ALL_VERBS, type Kind } from '../kind.ts';
import type { Resource } from '../resource.ts';
import { deployments, endpointConsumers, nodes, pods } from '../resources.ts';
import { openApiV3, openApiV3Index } from './document.ts';
import type { OpenApiSchema, OpenApiV3Document, Operation } from './types.ts';

function kind(resource: Resource, options: Partial<Kind> = {}): Kind {
  return { resource, singular: resource.kind.toLowerCase(), verbs: ALL_VERBS, columns: [], row: () => [], ...options };
}

const widgets: Resource = {
  group: 'example.com',
  version: 'v1',
  resource: 'widgets',
  kind: 'Widget',
  namespaced: true,
};
const kinds = [
  kind(pods, { subresources: ['status', 'binding', 'log', 'eviction', 'exec'] }),
  kind(nodes, { subresources: ['status'] }),
  kind(deployments, { subresources: ['status', 'scale'] }),
  kind(endpointConsumers, { verbs: ['get', 'list', 'watch'], subresources: ['status'] }),
  kind(widgets),
];

function schemaIn(document: OpenApiV3Document, name: string): Record<string, OpenApiSchema> {
  return document.components.schemas[name] as Record<string, OpenApiSchema>;
}

function operationsOf(document: OpenApiV3Document): Operation[] {
  const items = Object.values(document.paths);
  const all = items.flatMap((item) => [item.get, item.put, item.post, item.delete, item.patch]);
  return all.filter((found) => found !== undefined);
}

function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : references(inner),
  );
}

describe('openApiV3Index', () => {
  test('names the document of each group version with a hash of its content', () => {
    const { paths } = openApiV3Index(kinds);
    assert.deepEqual(Object.keys(paths).sort(), ['api/v1', 'apis/apps/v1', 'apis/example.com/v1', 'apis/segue.dev/v1']);
    assert.match(paths['api/v1']!.serverRelativeURL, /^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{64}$/);
    assert.match(paths['apis/apps/v1']!.serverRelativeURL, /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{64}$/);
  });

  test('changes only the address of a document that changed', () => {
    const before = openApiV3Index(kinds).paths;
    const after = openApiV3Index([...kinds.slice(0, 1), kind(nodes), ...kinds.slice(2)]).paths;
    assert.notDeepEqual(after['api/v1'], before['api/v1']);
    assert.deepEqual(after['apis/apps/v1'], before['apis/apps/v1']);
  });
});

describe('paths', () => {
  const document = openApiV3('apps/v1', kinds);
  const core = openApiV3('v1', kinds);
  const object = '/apis/apps/v1/namespaces/{namespace}/deployments/{name}';

  test('are those of the group version alone', () => {
    assert.deepEqual(Object.keys(document.paths), [
      '/apis/apps/v1/deployments',
      '/apis/apps/v1/namespaces/{namespace}/deployments',
      object,
      `${object}/scale`,
      `${object}/status`,
    ]);
  });

  test('say for each verb what it does and to which kind', () => {
    const item = document.paths[object]!;
    const gvk = { group: 'apps', version: 'v1', kind: 'Deployment' };
    for (const [method, action] of [
      ['get', 'get'],
      ['put', 'put'],
      ['patch', 'patch'],
      ['delete', 'delete'],
    ] as const) {
      assert.equal(item[method]!['x-kubernetes-action'], action);
      assert.deepEqual(item[method]!['x-kubernetes-group-version-kind'], gvk);
    }
    const collection = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments']!;
    assert.deepEqual(
      [collection.get, collection.post, collection.delete].map((found) => found!['x-kubernetes-action']),
      ['list', 'post', 'deletecollection'],
    );
    assert.deepEqual(
      item.parameters.map((parameter) => parameter.name),
      ['name', 'namespace', 'pretty'],
    );
  });

  test('take dryRun, fieldManager and fieldValidation on every change', () => {
    const item = document.paths[object]!;
    const post = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments']!.post!;
    for (const operation of [item.put!, item.patch!, post, document.paths[`${object}/scale`]!.patch!]) {
      const names = operation.parameters!.map((parameter) => parameter.name);
      assert.deepEqual(names.slice(0, 3), ['dryRun', 'fieldManager', 'fieldValidation'], operation.operationId);
    }
  });

  test('take the patches that the kind can merge', () => {
    assert.deepEqual(Object.keys(document.paths[object]!.patch!.requestBody!.content), [
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
    ]);
    const widget = openApiV3('example.com/v1', kinds).paths[
      '/apis/example.com/v1/namespaces/{namespace}/widgets/{name}'
    ]!;
    assert.deepEqual(Object.keys(widget.patch!.requestBody!.content), [
      'application/json-patch+json',
      'application/merge-patch+json',
    ]);
  });

  test('have subresources with kinds of their own', () => {
    const pod = '/api/v1/namespaces/{namespace}/pods/{name}';
    const kindOf = (path: string, method: 'get' | 'post') =>
      core.paths[path]![method]!['x-kubernetes-group-version-kind'].kind;
    assert.equal(document.paths[`${object}/scale`]!.get!['x-kubernetes-group-version-kind'].group, 'autoscaling');
    assert.deepEqual(
      [kindOf(`${pod}/binding`, 'post'), kindOf(`${pod}/eviction`, 'post'), kindOf(`${pod}/log`, 'get')],
      ['Binding', 'Eviction', 'Pod'],
    );
    assert.equal(core.paths[`${pod}/exec`]!.post!['x-kubernetes-action'], 'connect');
    assert.equal(core.paths[`${pod}/binding`]!.get, undefined);
  });

  test('have only the verbs that the kind has', () => {
    const item = openApiV3('segue.dev/v1', kinds).paths['/apis/segue.dev/v1/endpointconsumers/{name}']!;
    assert.deepEqual(
      [item.get?.operationId, item.put, item.patch, item.delete],
      ['readSegueDevV1EndpointConsumer', undefined, undefined, undefined],
    );
  });

  test('have an operation id each', () => {
    for (const found of [document, core]) {
      const ids = operationsOf(found).map((operation) => operation.operationId);
      assert.deepEqual(ids, [...new Set(ids)]);
    }
    assert.equal(document.paths[object]!.get!.operationId, 'readAppsV1NamespacedDeployment');
    assert.equal(core.paths['/api/v1/pods']!.get!.operationId, 'listCoreV1PodForAllNamespaces');
    assert.equal(core.paths['/api/v1/nodes/{name}/status']!.patch!.operationId, 'patchCoreV1NodeStatus');
  });
});

describe('components', () => {
  const document = openApiV3('apps/v1', kinds);

  test('hold everything that is referred to', () => {
    for (const groupVersion of ['v1', 'apps/v1', 'segue.dev/v1', 'example.com/v1']) {
      const found = openApiV3(groupVersion, kinds);
      const names = new Set(references(found).map((reference) => reference.replace('#/components/schemas/', '')));
      assert.deepEqual(
        [...names].filter((name) => !Object.hasOwn(found.components.schemas, name)),
        [],
      );
      assert.ok(names.size >= 2, groupVersion);
    }
  });

  test('carry the merge keys and strategies that kubectl apply needs', () => {
    const podSpec = schemaIn(document, 'io.k8s.api.core.v1.PodSpec')['properties']!;
    const containers = podSpec['containers'] as OpenApiSchema;
    assert.deepEqual(
      [containers['x-kubernetes-patch-merge-key'], containers['x-kubernetes-patch-strategy'], containers['items']],
      ['name', 'merge', { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }],
    );
    const spec = schemaIn(document, 'io.k8s.api.apps.v1.DeploymentSpec')['properties']!;
    assert.deepEqual(spec['strategy'], {
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy' }],
      'x-kubernetes-patch-strategy': 'retainKeys',
    });
  });

  test('say which of them are kinds', () => {
    const gvk = (name: string) => schemaIn(document, name)['x-kubernetes-group-version-kind'];
    assert.deepEqual(gvk('io.k8s.api.apps.v1.Deployment'), [{ group: 'apps', version: 'v1', kind: 'Deployment' }]);
    assert.deepEqual(gvk('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'), [
      { group: '', version: 'v1', kind: 'DeleteOptions' },
      { group: 'apps', version: 'v1', kind: 'DeleteOptions' },
    ]);
    assert.deepEqual(gvk('io.k8s.apimachinery.pkg.apis.meta.v1.Status'), [
      { group: '', version: 'v1', kind: 'Status' },
    ]);
    assert.equal(gvk('io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference'), undefined);
  });

  test('keep our own words to ourselves', () => {
    assert.doesNotMatch(JSON.stringify(document), /"(goType|isKind)"/);
  });

  test('let a kind without a schema be an object of any form', () => {
    assert.deepEqual(schemaIn(openApiV3('example.com/v1', kinds), 'com.example.v1.Widget'), {
      type: 'object',
      'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'Widget' }],
      'x-kubernetes-preserve-unknown-fields': true,
    });
  });
});
