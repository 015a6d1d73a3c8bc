import type { Kind, Verb } from '../api/kind.ts';
import type { ApiRequest, ApiResponse } from '../api/request.ts';
import { methodNotAllowed, unknownPath } from './errors.ts';
import { booleanParam } from './params.ts';
import type { Route } from './route.ts';
import type { Call, Server, VerbHandler } from './server.ts';
import { subresourceCalled } from './subresources/subresources.ts';
import { create } from './verbs/create.ts';
import { remove } from './verbs/delete.ts';
import { deleteCollection } from './verbs/deletecollection.ts';
import { get } from './verbs/get.ts';
import { list } from './verbs/list.ts';
import { patch } from './verbs/patch.ts';
import { update } from './verbs/update.ts';
import { watch } from './verbs/watch.ts';

const HANDLERS: Readonly<Record<Verb, VerbHandler>> = {
  create,
  delete: remove,
  deletecollection: deleteCollection,
  get,
  list,
  patch,
  update,
  watch,
};

/** Answers a request whose route names a resource. Throws NotFound and MethodNotAllowed as Kubernetes words them. */
export async function dispatch(server: Server, request: ApiRequest, route: Route): Promise<ApiResponse> {
  const { group, version, resource, namespace, name, subresource } = route;
  const found = group !== undefined && version !== undefined && resource !== undefined;
  const kind = found ? server.registry.find({ group, version, resource }) : undefined;
  if (!kind || route.rest !== undefined || !isPlaced(kind, route)) throw unknownPath();
  const call: Call = { request, kind, namespace, name, subresource };
  const handler = subresource === undefined ? handlerOf(call) : subresourceHandler(call, subresource);
  return handler(server, call);
}

/** A namespaced object is found in its namespace only, a cluster-scoped one in none. */
function isPlaced(kind: Kind, { namespace, name }: Route): boolean {
  if (namespace === '' || name === '') return false;
  if (!kind.resource.namespaced) return namespace === undefined;
  return namespace !== undefined || name === undefined;
}

function handlerOf(call: Call): VerbHandler {
  const verb = verbOf(call);
  if (!verb || !call.kind.verbs.includes(verb)) throw methodNotAllowed();
  return HANDLERS[verb];
}

function verbOf({ request, kind, name, namespace }: Call): Verb | undefined {
  const isAcrossNamespaces = kind.resource.namespaced && namespace === undefined;
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      if (booleanParam(request.query, 'watch')) return 'watch';
      return name === undefined ? 'list' : 'get';
    case 'POST':
      return name === undefined && !isAcrossNamespaces ? 'create' : undefined;
    case 'PUT':
      return name === undefined ? undefined : 'update';
    case 'PATCH':
      return name === undefined ? undefined : 'patch';
    case 'DELETE':
      if (name !== undefined) return 'delete';
      return isAcrossNamespaces ? undefined : 'deletecollection';
    default:
      return undefined;
  }
}

function subresourceHandler({ kind, request }: Call, subresource: string): VerbHandler {
  const known = kind.subresources?.includes(subresource) ? subresourceCalled(subresource) : undefined;
  if (!known) throw unknownPath();
  const handler = known.methods[request.method === 'HEAD' ? 'GET' : request.method];
  if (!handler) throw methodNotAllowed();
  return handler;
}
