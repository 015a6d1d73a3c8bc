import type { Naming } from './naming.ts';
import { operation, PATCH_BODY, schemaNameOf } from './operations.ts';
import { PATCH, WRITE } from './parameters.ts';
import type { GroupVersionKind, Operation, PathItem } from './types.ts';

/** Kinds of the objects that subresources of their own kind take and give. */
const OWN_KINDS: Readonly<Record<string, GroupVersionKind>> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  binding: { group: '', version: 'v1', kind: 'Binding' },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction' },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
};
const CREATED = ['binding', 'eviction', 'token'];
const CONNECTED = ['exec', 'attach', 'portforward', 'proxy'];

/** Operations on a subresource: read and changed like its object, created only, connected to, or read as text. */
export function subresourcePath(naming: Naming, subresource: string): Omit<PathItem, 'parameters'> {
  const suffix = subresource.charAt(0).toUpperCase() + subresource.slice(1);
  const named = { ...naming, idOf: (verb: string) => naming.idOf(verb) + suffix };
  if (subresource === 'log') return { get: text(named, 'get', 'read') };
  if (CONNECTED.includes(subresource)) {
    return { get: text(named, 'connect', 'connectGet'), post: text(named, 'connect', 'connectPost') };
  }
  const kind = OWN_KINDS[subresource] ?? naming.gvk;
  const whole = { tag: naming.tag, kind, answer: schemaNameOf(kind) };
  const body = { name: whole.answer, types: ['*/*'] };
  if (CREATED.includes(subresource)) {
    const id = named.idOf('create');
    return { post: operation({ ...whole, id, action: 'post', parameters: WRITE, body, codes: [200, 201, 202] }) };
  }
  return {
    get: operation({ ...whole, id: named.idOf('read'), action: 'get' }),
    put: operation({ ...whole, id: named.idOf('replace'), action: 'put', parameters: WRITE, body, codes: [200, 201] }),
    patch: operation({
      ...{ ...whole, id: named.idOf('patch'), action: 'patch', parameters: PATCH, codes: [200, 201] },
      body: { name: PATCH_BODY, types: naming.patches },
    }),
  };
}

function text(naming: Naming, action: string, verb: string): Operation {
  return operation({ id: naming.idOf(verb), tag: naming.tag, action, kind: naming.gvk, answer: undefined });
}
