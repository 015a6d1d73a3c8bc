import { placeObject, readObject } from '../incoming.ts';
import { cloneJson } from '../json.ts';
import { checkPreconditions } from '../metadata.ts';
import { writeOptions } from '../params.ts';
import { respondObject } from '../render.ts';
import type { Call, VerbHandler } from '../server.ts';
import { type Scope, updateObject } from '../write.ts';
import { targetOf } from './get.ts';

/** PUT of an object, or of its status. With a resourceVersion it holds only for that state; without, for any. */
export const update: VerbHandler = async (server, call) => {
  const options = writeOptions(call.request.query, 'UpdateOptions');
  const { object, warnings } = readObject(call, options.fieldValidation);
  placeObject(call, object);
  const { uid, resourceVersion } = object.metadata;
  const target = targetOf(call);
  const change = (_copy: unknown, current: typeof object) => {
    checkPreconditions(target, current, { uid, resourceVersion });
    return cloneJson(object);
  };
  const stored = await updateObject(server, target, change, { dryRun: options.dryRun, scope: scopeOf(call) });
  return respondObject(server.env, call, stored, { warnings });
};

export function scopeOf(call: Pick<Call, 'subresource'>): Scope {
  return call.subresource === 'status' ? 'status' : 'main';
}
