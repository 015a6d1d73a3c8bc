import type { Kind } from '../kind.ts';
import { patchTypes } from '../patch/patch.ts';
import { apiVersionOf } from '../resource.ts';
import { schemaOf } from '../schema/schema.ts';
import { schemaNameOf } from './operations.ts';
import type { GroupVersionKind } from './types.ts';

/** What operations of a kind are called, and the words they share. */
export interface Naming {
  readonly tag: string;
  readonly gvk: GroupVersionKind;
  /** Definition of the kind. */
  readonly name: string;
  /** Content types of patches. */
  readonly patches: readonly string[];
  idOf(verb: string): string;
}

/** The names of a kind's operations. */
export function naming(kind: Kind): Naming {
  const { group, version, namespaced } = kind.resource;
  const gvk = { group, version, kind: kind.resource.kind };
  const word = group.replace(/\.(k8s\.io|authorization\.k8s\.io)$/, '') || 'core';
  const title = word.split(/[.-]/).map(capital).join('');
  const scope = namespaced ? 'Namespaced' : '';
  return {
    tag: `${word.replaceAll('.', '_')}_${version}`,
    gvk,
    name: schemaNameOf(gvk),
    patches: patchTypes(schemaOf(apiVersionOf(kind.resource), gvk.kind)),
    idOf: (verb) => `${verb}${title}${capital(version)}${scope}${gvk.kind}`,
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
