import { badRequest } from '../../api/status.ts';
import { placeObject, readObject } from '../incoming.ts';
import { writeOptions } from '../params.ts';
import { respondObject } from '../render.ts';
import type { VerbHandler } from '../server.ts';
import { createObject } from '../write.ts';

/** POST to a collection. */
export const create: VerbHandler = async (server, call) => {
  const options = writeOptions(call.request.query, 'CreateOptions');
  const { object, warnings } = readObject(call, options.fieldValidation);
  if (object.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  placeObject(call, object);
  const stored = await createObject(server, call.kind, object, options);
  return respondObject(server.env, call, stored, { status: 201, warnings });
};
