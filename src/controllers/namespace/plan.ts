import type { Kind } from '../../api/kind.ts';
import type { Resource } from '../../api/resource.ts';
import type { Namespace } from '../../api/types/core.ts';
import type { Condition, KubeObject } from '../../api/types/meta.ts';

/** What a round of deleting the content of a namespace found. */
export interface Outcome {
  /** What is still there, by resource. Resources without objects may be left out. */
  readonly remaining: readonly { readonly resource: Resource; readonly objects: readonly KubeObject[] }[];
  /** Messages of deletions and lists that were refused. */
  readonly failures: readonly string[];
}

interface Text {
  readonly reason: string;
  readonly message: string;
}

/** Types of conditions of a namespace being deleted, with what each says when all is well, in Kubernetes' order. */
const FINE: readonly (readonly [type: string, text: Text])[] = [
  [
    'NamespaceDeletionDiscoveryFailure',
    { reason: 'ResourcesDiscovered', message: 'All resources successfully discovered' },
  ],
  [
    'NamespaceDeletionGroupVersionParsingFailure',
    { reason: 'ParsedGroupVersions', message: 'All legacy kube types successfully parsed' },
  ],
  [
    'NamespaceDeletionContentFailure',
    { reason: 'ContentDeleted', message: 'All content successfully deleted, may be waiting on finalization' },
  ],
  ['NamespaceContentRemaining', { reason: 'ContentRemoved', message: 'All content successfully removed' }],
  [
    'NamespaceFinalizersRemaining',
    { reason: 'ContentHasNoFinalizers', message: 'All content-preserving finalizers finished' },
  ],
];

/**
 * Kinds whose objects are content of a namespace, in the rounds in which they are deleted: pods first, and what they
 * live on only when they are gone (KEP-5080). Objects in the server's memory are no content.
 */
export function contentRounds(kinds: readonly Kind[]): Resource[][] {
  const content = kinds
    .filter(({ resource, verbs, virtual }) => {
      return resource.namespaced && !virtual && verbs.includes('list') && verbs.includes('deletecollection');
    })
    .map(({ resource }) => resource);
  return [content.filter(isPods), content.filter((resource) => !isPods(resource))];
}

/** The conditions that say `outcome`, or undefined when `namespace` says so already. `now` is an RFC 3339 time. */
export function planConditions(namespace: Namespace, outcome: Outcome, now: string): Condition[] | undefined {
  const before = namespace.status?.conditions ?? [];
  const troubles = troublesOf(outcome);
  const ours = FINE.map(([type, fine]) => {
    const trouble = troubles.get(type);
    const next = { type, status: trouble ? 'True' : 'False', ...(trouble ?? fine) } as const;
    const known = before.find((condition) => condition.type === type);
    const since = known?.status === next.status ? known.lastTransitionTime : undefined;
    return { ...next, lastTransitionTime: since ?? now };
  });
  const changed = ours.some((next) => {
    const known = before.find((condition) => condition.type === next.type);
    return known?.status !== next.status || known.reason !== next.reason || known.message !== next.message;
  });
  if (!changed) return undefined;
  const types = new Set(FINE.map(([type]) => type));
  return [...before.filter(({ type }) => !types.has(type)), ...ours];
}

function troublesOf({ remaining, failures }: Outcome): Map<string, Text> {
  const troubles = new Map<string, Text>();
  const add = (type: string, reason: string, message: string) => troubles.set(type, { reason, message });
  if (failures.length > 0) {
    const list = failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`;
    const message = `Failed to delete all resource types, ${failures.length} remaining: ${list}`;
    add('NamespaceDeletionContentFailure', 'ContentDeletionFailed', message);
  }
  const held = remaining.filter(({ objects }) => objects.length > 0);
  if (held.length > 0) {
    const counts = held.map(({ resource, objects }) => {
      return `${resource.resource}.${resource.group} has ${objects.length} resource instances`;
    });
    const message = `Some resources are remaining: ${counts.sort().join(', ')}`;
    add('NamespaceContentRemaining', 'SomeResourcesRemain', message);
  }
  const finalizers = countFinalizers(held.flatMap(({ objects }) => objects));
  if (finalizers.size > 0) {
    const counts = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
    const message = `Some content in the namespace has finalizers remaining: ${counts.sort().join(', ')}`;
    add('NamespaceFinalizersRemaining', 'SomeFinalizersRemain', message);
  }
  return troubles;
}

function countFinalizers(objects: readonly KubeObject[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { metadata } of objects) {
    for (const finalizer of metadata.finalizers ?? []) counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  return counts;
}

function isPods({ group, resource }: Resource): boolean {
  return group === '' && resource === 'pods';
}
