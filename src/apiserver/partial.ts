import type { KubeObject } from '../api/types/meta.ts';

/** An object's metadata alone, as `meta.k8s.io/v1`. */
export function partialMetadata(object: KubeObject): { kind: string; apiVersion: string; metadata: unknown } {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
