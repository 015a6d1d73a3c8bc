import type { Kind } from '../kind.ts';
import { naming } from './naming.ts';
import { DELETE_OPTIONS, operation, PATCH_BODY, STATUS, schemaNameOf } from './operations.ts';
import { DELETE, DELETE_COLLECTION, LIST, NAME, NAMESPACE, PATCH, PRETTY, WRITE } from './parameters.ts';
import { subresourcePath } from './subresources.ts';
import type { PathItem } from './types.ts';

const ANY_TYPE = ['*/*'];

/** Everything that can be asked of one kind: its collections, its objects and their subresources, by path. */
export function pathsOf(kind: Kind): Record<string, PathItem> {
  const { resource } = kind;
  const group = resource.group ? `/apis/${resource.group}` : '/api';
  const root = `${group}/${resource.version}`;
  const collection = resource.namespaced
    ? `${root}/namespaces/{namespace}/${resource.resource}`
    : `${root}/${resource.resource}`;
  const scope = resource.namespaced ? [NAMESPACE] : [];
  const paths: Record<string, PathItem> = {
    [collection]: { ...collectionOperations(kind), parameters: [...scope, PRETTY] },
    [`${collection}/{name}`]: { ...objectOperations(kind), parameters: [NAME, ...scope, PRETTY] },
  };
  if (resource.namespaced && kind.verbs.includes('list')) {
    paths[`${root}/${resource.resource}`] = { get: listOperation(kind, 'ForAllNamespaces'), parameters: [PRETTY] };
  }
  for (const subresource of kind.subresources ?? []) {
    const item = subresourcePath(naming(kind), subresource);
    paths[`${collection}/{name}/${subresource}`] = { ...item, parameters: [NAME, ...scope, PRETTY] };
  }
  return paths;
}

function collectionOperations(kind: Kind): Omit<PathItem, 'parameters'> {
  const { tag, idOf, gvk, name } = naming(kind);
  const list = kind.verbs.includes('list') ? { get: listOperation(kind, '') } : {};
  const post = operation({
    ...{ id: idOf('create'), tag, kind: gvk, action: 'post', parameters: WRITE, answer: name },
    body: { name, types: ANY_TYPE },
    codes: [200, 201, 202],
  });
  const remove = operation({
    ...{ id: idOf('deleteCollection'), tag, kind: gvk, action: 'deletecollection', answer: STATUS },
    parameters: DELETE_COLLECTION,
    body: { name: DELETE_OPTIONS, types: ANY_TYPE },
  });
  return {
    ...list,
    ...(kind.verbs.includes('create') ? { post } : {}),
    ...(kind.verbs.includes('deletecollection') ? { delete: remove } : {}),
  };
}

function listOperation(kind: Kind, suffix: string) {
  const { tag, gvk, idOf } = naming(kind);
  const id = suffix ? `${idOf('list').replace('Namespaced', '')}${suffix}` : idOf('list');
  const answer = schemaNameOf({ ...gvk, kind: `${gvk.kind}List` });
  return operation({ id, tag, kind: gvk, action: 'list', parameters: LIST, answer });
}

function objectOperations(kind: Kind): Omit<PathItem, 'parameters'> {
  const { tag, gvk, idOf, name, patches } = naming(kind);
  const common = { tag, kind: gvk, answer: name };
  const body = { name, types: ANY_TYPE };
  const get = operation({ ...common, id: idOf('read'), action: 'get' });
  const put = operation({ ...common, id: idOf('replace'), action: 'put', parameters: WRITE, body, codes: [200, 201] });
  const patch = operation({
    ...{ ...common, id: idOf('patch'), action: 'patch', parameters: PATCH },
    body: { name: PATCH_BODY, types: patches },
    codes: [200, 201],
  });
  const remove = operation({
    ...{ ...common, id: idOf('delete'), action: 'delete', parameters: DELETE, answer: STATUS },
    body: { name: DELETE_OPTIONS, types: ANY_TYPE },
    codes: [200, 202],
  });
  const { verbs } = kind;
  return {
    ...(verbs.includes('get') ? { get } : {}),
    ...(verbs.includes('update') ? { put } : {}),
    ...(verbs.includes('patch') ? { patch } : {}),
    ...(verbs.includes('delete') ? { delete: remove } : {}),
  };
}
