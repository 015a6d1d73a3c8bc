import { notFound } from '../../api/status.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import { assert } from '../../base/assert.ts';
import { respondObject } from '../render.ts';
import { type Call, named, type Server, type Target, type VerbHandler } from '../server.ts';

/** GET of one object. `resourceVersion` needs no thought: reads are always of the newest durable state. */
export const get: VerbHandler = async (server, call) => {
  return respondObject(server.env, call, mustGet(server, targetOf(call)));
};

export function mustGet(server: Server, target: Target): KubeObject {
  const object = server.objects.get(target.kind, target);
  if (!object) throw notFound(named(target));
  return object;
}

/** The object that a call names; only for calls whose route has a name. */
export function targetOf(call: Call): Target {
  assert(call.name !== undefined, 'a call to one object has its name');
  return { kind: call.kind, namespace: call.namespace, name: call.name };
}
