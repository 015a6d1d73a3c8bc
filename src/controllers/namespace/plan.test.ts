import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtinKinds } from '../../api/registry.ts';
import { configMaps, pods } from '../../api/resources.ts';
import type { Namespace } from '../../api/types/core.ts';
import type { Condition } from '../../api/types/meta.ts';
import { contentRounds, type Outcome, planConditions } from './plan.ts';

const NOW = '2026-01-01T00:00:00Z';
const LATER = '2026-01-01T00:01:00Z';

function namespace(conditions: Condition[] = []): Namespace {
  const metadata = { name: 'team', uid: 'u', resourceVersion: '1', creationTimestamp: NOW };
  return { apiVersion: 'v1', kind: 'Namespace', metadata, status: { phase: 'Terminating', conditions } };
}

function object(name: string, finalizers?: string[]) {
  const metadata = { name, uid: name, resourceVersion: '1', creationTimestamp: NOW };
  return { apiVersion: 'v1', kind: 'Any', metadata: finalizers ? { ...metadata, finalizers } : metadata };
}

const NOTHING: Outcome = { remaining: [], failures: [] };

test('pods are the first round, and all other stored kinds of namespaces the second', () => {
  const [first, second] = contentRounds(builtinKinds().all()).map((round) => round.map(({ resource }) => resource));
  assert.deepEqual(first, ['pods']);
  for (const resource of ['services', 'endpointslices', 'configmaps', 'secrets', 'deployments', 'events', 'leases']) {
    assert.ok(second?.includes(resource), resource);
  }
  for (const resource of ['pods', 'nodes', 'namespaces', 'podreleases', 'endpointconsumers']) {
    assert.ok(!second?.includes(resource), resource);
  }
});

test('without content all five conditions say so', () => {
  const conditions = planConditions(namespace(), NOTHING, NOW) ?? [];
  assert.deepEqual(
    conditions.map(({ type, status, reason }) => [type, status, reason]),
    [
      ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered'],
      ['NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions'],
      ['NamespaceDeletionContentFailure', 'False', 'ContentDeleted'],
      ['NamespaceContentRemaining', 'False', 'ContentRemoved'],
      ['NamespaceFinalizersRemaining', 'False', 'ContentHasNoFinalizers'],
    ],
  );
});

test('what remains, what holds it and what failed stand in the messages as in Kubernetes', () => {
  const remaining = [
    { resource: pods, objects: [object('a'), object('b', ['x/y'])] },
    { resource: configMaps, objects: [object('c', ['x/y', 'a/b'])] },
  ];
  const conditions = planConditions(namespace(), { remaining, failures: ['one', 'two'] }, NOW) ?? [];
  assert.deepEqual(
    conditions.filter(({ status }) => status === 'True').map(({ reason, message }) => [reason, message]),
    [
      ['ContentDeletionFailed', 'Failed to delete all resource types, 2 remaining: [one, two]'],
      [
        'SomeResourcesRemain',
        'Some resources are remaining: configmaps. has 1 resource instances, pods. has 2 resource instances',
      ],
      [
        'SomeFinalizersRemain',
        'Some content in the namespace has finalizers remaining: a/b in 1 resource instances, x/y in 2 resource instances',
      ],
    ],
  );
});

test('the same outcome again is no change, and a change keeps the times of what stayed', () => {
  const first = planConditions(namespace(), NOTHING, NOW) ?? [];
  assert.equal(planConditions(namespace(first), NOTHING, LATER), undefined);
  const remaining = [{ resource: pods, objects: [object('a')] }];
  const second = planConditions(namespace(first), { remaining, failures: [] }, LATER) ?? [];
  const times = new Map(second.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]));
  assert.equal(times.get('NamespaceContentRemaining'), LATER);
  assert.equal(times.get('NamespaceFinalizersRemaining'), NOW);
});

test('conditions of others stay', () => {
  const others: Condition = { type: 'Theirs', status: 'True' };
  assert.deepEqual((planConditions(namespace([others]), NOTHING, NOW) ?? [])[0], others);
});
