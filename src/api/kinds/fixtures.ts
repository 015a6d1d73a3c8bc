import type { Kind } from '../kind.ts';
import type { Container, Pod, PodSpec } from '../types/core.ts';
import type { KubeObject, ObjectMeta } from '../types/meta.ts';

/** What the tests of the kinds share. `NOW` is five minutes and twelve seconds after `metadata` was created. */
export const NOW = Date.UTC(2026, 0, 1, 0, 5, 12);

export function secondsAgo(seconds: number): string {
  return `${new Date(NOW - seconds * 1000).toISOString().slice(0, 19)}Z`;
}

export function metadata(more: Partial<ObjectMeta> = {}): ObjectMeta {
  return {
    name: 'web',
    namespace: 'default',
    uid: '00000000-0000-4000-8000-000000000001',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...more,
  };
}

/** A pod with one container, defaulted: valid as it stands. */
export function podOf(spec: Partial<PodSpec> = {}, container: Partial<Container> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(),
    spec: { containers: [{ name: 'app', image: 'nginx:1.29', ...container }], ...spec },
  };
}

/** What is wrong with `object` after defaulting, as `kubectl` prints it: one line each. */
export function problems<T extends KubeObject>(kind: Kind<T>, object: T): string[] {
  kind.defaults?.(object);
  return (kind.validate?.(object) ?? []).map(({ field, message }) => `${field}: ${message}`);
}

/** What is wrong with the step from `old` to `object`, both defaulted. */
export function stepProblems<T extends KubeObject>(kind: Kind<T>, object: T, old: T): string[] {
  kind.defaults?.(old);
  kind.defaults?.(object);
  return (kind.validateUpdate?.(object, old) ?? []).map(({ field, message }) => `${field}: ${message}`);
}

/** `object` as it is stored when it is created. */
export function created<T extends KubeObject>(kind: Kind<T>, object: T): T {
  kind.defaults?.(object);
  kind.prepareForCreate?.(object);
  return object;
}

/** The cells of a row under the names of their columns. */
export function cells<T extends KubeObject>(kind: Kind<T>, object: T): Record<string, unknown> {
  const row = kind.row(object, NOW);
  return Object.fromEntries(kind.columns.map(({ name }, index) => [name, row[index]]));
}
