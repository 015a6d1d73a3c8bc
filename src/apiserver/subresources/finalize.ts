import type { Namespace } from '../../api/types/core.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import { placeObject, readObject } from '../incoming.ts';
import { checkPreconditions } from '../metadata.ts';
import { writeOptions } from '../params.ts';
import { respondObject } from '../render.ts';
import type { VerbHandler } from '../server.ts';
import { targetOf } from '../verbs/get.ts';
import { updateObject } from '../write.ts';

/** PUT of a namespace's `finalize`: the one way to change `spec.finalizers`. Without them a deleted namespace is gone. */
export const finalize: VerbHandler = async (server, call) => {
  const options = writeOptions(call.request.query, 'UpdateOptions');
  const { object, warnings } = readObject(call, options.fieldValidation);
  placeObject(call, object);
  const target = targetOf(call);
  const finalizers = (object as Namespace).spec?.finalizers ?? [];
  const change = (copy: KubeObject, current: KubeObject): KubeObject => {
    checkPreconditions(target, current, object.metadata);
    const namespace = copy as Namespace;
    namespace.spec = { ...namespace.spec, finalizers };
    return namespace;
  };
  const stored = await updateObject(server, target, change, { dryRun: options.dryRun, scope: 'whole' });
  return respondObject(server.env, call, stored, { warnings });
};
