import type { PodTemplateSpec } from '../../api/types/apps.ts';

/** The label that keeps the pods of one template apart from those of another. */
export const HASH_LABEL = 'pod-template-hash';

const SAFE_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * A short name for a template: the same for equal templates, whatever the order of their keys. `collisionCount` gives
 * another name when the first turned out to belong to a different template. Letters as in generated names.
 */
export function templateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(canonical(withoutHash(template)) + (collisionCount ?? ''))) {
    hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0;
  }
  return [...String(hash)].map((digit) => SAFE_LETTERS[digit.charCodeAt(0) % SAFE_LETTERS.length]).join('');
}

/** Whether two templates make the same pods, the hash label aside. */
export function isSameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return canonical(withoutHash(a)) === canonical(withoutHash(b));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** JSON with sorted keys, and without what is absent or null: the server treats these alike. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner === null ? undefined : inner;
    const entries = Object.entries(inner).filter(([, member]) => member !== undefined && member !== null);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
