import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCHEMA_PACKAGES } from './packages.ts';
import { definition, definitionNameOf, nameOf, schemaOf } from './schema.ts';
import type { Schema } from './shape.ts';

test('finds kinds by apiVersion and kind, and only kinds', () => {
  assert.equal(definitionNameOf('v1', 'Pod'), 'io.k8s.api.core.v1.Pod');
  assert.equal(definitionNameOf('apps/v1', 'Deployment'), 'io.k8s.api.apps.v1.Deployment');
  assert.equal(definitionNameOf('policy/v1', 'Eviction'), 'io.k8s.api.policy.v1.Eviction');
  assert.equal(definitionNameOf('v1', 'DeleteOptions'), 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions');
  assert.equal(definitionNameOf('segue.dev/v1', 'PodRelease'), 'dev.segue.v1.PodRelease');
  assert.equal(schemaOf('v1', 'PodSpec'), undefined);
  assert.equal(schemaOf('v1', 'Deployment'), undefined);
  assert.equal(schemaOf('v1', 'OwnerReference'), undefined);
  assert.equal(schemaOf('v1', 'Time'), undefined);
  assert.equal(schemaOf('v1', 'toString'), undefined);
  assert.equal(schemaOf('apps/v9', 'Deployment'), undefined);
});

test('knows a definition by its name, and the name of a definition', () => {
  const spec = definition('io.k8s.api.core.v1.PodSpec')!;
  assert.deepEqual(spec.required, ['containers']);
  assert.equal(nameOf(spec), 'io.k8s.api.core.v1.PodSpec');
  assert.equal(definition('io.k8s.api.core.v1.Nothing'), undefined);
});

test('carries merge keys, list types, enums, formats and defaults', () => {
  const container = definition('io.k8s.api.core.v1.Container')!.properties!;
  assert.deepEqual(container['ports'], {
    type: 'array',
    items: { $ref: 'io.k8s.api.core.v1.ContainerPort' },
    'x-kubernetes-patch-merge-key': 'containerPort',
    'x-kubernetes-patch-strategy': 'merge',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
  });
  const protocol = definition('io.k8s.api.core.v1.ContainerPort')!.properties!['protocol']!;
  assert.deepEqual([protocol.enum, protocol.default], [['SCTP', 'TCP', 'UDP'], 'TCP']);
  const volumes = definition('io.k8s.api.core.v1.PodSpec')!.properties!['volumes']!;
  assert.equal(volumes['x-kubernetes-patch-strategy'], 'merge,retainKeys');
});

test('has a definition for every reference in every file', () => {
  const missing: string[] = [];
  let references = 0;
  const walk = (schema: Schema, seen: Set<Schema>) => {
    if (seen.has(schema)) return;
    seen.add(schema);
    if (schema.$ref !== undefined) {
      references++;
      const target = definition(schema.$ref);
      if (target) walk(target, seen);
      else missing.push(schema.$ref);
    }
    for (const property of Object.values(schema.properties ?? {})) walk(property, seen);
    if (schema.items) walk(schema.items, seen);
    if (typeof schema.additionalProperties === 'object') walk(schema.additionalProperties, seen);
  };
  const kinds: [string, string][] = [
    ['apps/v1', 'StatefulSet'],
    ['autoscaling/v2', 'HorizontalPodAutoscaler'],
    ['batch/v1', 'CronJob'],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
    ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'],
    ['storage.k8s.io/v1', 'StorageClass'],
    ['segue.dev/v1', 'EndpointConsumerList'],
  ];
  const seen = new Set<Schema>();
  for (const [apiVersion, kind] of kinds) walk(schemaOf(apiVersion, kind)!, seen);
  assert.deepEqual(missing, []);
  assert.ok(references > 300, `only ${references} references walked`);
  for (const found of SCHEMA_PACKAGES) assert.ok(definitionNameOf(found.apiVersion, 'Status'), found.apiVersion);
});
