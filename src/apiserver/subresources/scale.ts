import { invalidValue } from '../../api/causes.ts';
import type { ScalePaths } from '../../api/kind.ts';
import { badRequest, invalid } from '../../api/status.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import { negotiate } from '../accept.ts';
import { readBody } from '../body.ts';
import { unknownPath } from '../errors.ts';
import { cloneJson, isRecord } from '../json.ts';
import { checkPreconditions } from '../metadata.ts';
import { writeOptions } from '../params.ts';
import { respond } from '../render.ts';
import type { Call, Server, VerbHandler } from '../server.ts';
import { mustGet, targetOf } from '../verbs/get.ts';
import { PATCH_RETRIES_MAX, patchOf } from '../verbs/patch.ts';
import { updateObject } from '../write.ts';

/** `autoscaling/v1` Scale: the number of replicas of anything that has one. */
export interface Scale extends KubeObject {
  spec: { replicas: number };
  status: { replicas: number; selector: string };
}

const SCALE_TYPE = { apiVersion: 'autoscaling/v1', kind: 'Scale' } as const;

export const getScale: VerbHandler = async (server, call) => {
  return answer(call, scaleOf(pathsOf(call), mustGet(server, targetOf(call))));
};

export const updateScale: VerbHandler = async (server, call) => {
  const wanted = readScale(readBody(call.request));
  return writeScale(server, call, { kind: 'UpdateOptions', change: () => wanted });
};

export const patchScale: VerbHandler = async (server, call) => {
  const apply = patchOf(call, SCALE_TYPE);
  const retriesMax = PATCH_RETRIES_MAX;
  return writeScale(server, call, { kind: 'PatchOptions', change: (scale) => readScale(apply(scale)), retriesMax });
};

async function writeScale(
  server: Server,
  call: Call,
  options: {
    kind: 'UpdateOptions' | 'PatchOptions';
    change: (current: Scale) => PartialScale;
    retriesMax?: number;
  },
) {
  const paths = pathsOf(call);
  const target = targetOf(call);
  const { dryRun } = writeOptions(call.request.query, options.kind);
  const change = (copy: KubeObject, current: KubeObject): KubeObject => {
    const scale = options.change(scaleOf(paths, current));
    checkPreconditions(target, current, scale.metadata ?? {});
    paths.setReplicas(copy, checkedReplicas(target.name, scale));
    return copy;
  };
  const { retriesMax } = options;
  const limits = retriesMax === undefined ? {} : { retriesMax };
  const stored = await updateObject(server, target, change, { dryRun, scope: 'main', ...limits });
  return answer(call, scaleOf(paths, stored));
}

function answer(call: Call, scale: Scale) {
  return respond(negotiate(call.request.headers['accept'], []), scale);
}

function pathsOf(call: Call): ScalePaths<KubeObject> {
  if (!call.kind.scale) throw unknownPath();
  return call.kind.scale;
}

function scaleOf(paths: ScalePaths<KubeObject>, object: KubeObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    ...SCALE_TYPE,
    metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion, creationTimestamp },
    spec: { replicas: paths.replicas(object) },
    status: { replicas: paths.statusReplicas(object), selector: paths.selector(object) },
  };
}

interface PartialScale {
  readonly metadata?: { uid?: string; resourceVersion?: string };
  readonly spec?: { replicas?: unknown };
}

function readScale(body: unknown): PartialScale {
  if (!isRecord(body)) throw badRequest('the object provided is unrecognized (must be of type Scale)');
  const scale = cloneJson(body);
  const { kind = SCALE_TYPE.kind } = scale;
  if (kind !== SCALE_TYPE.kind)
    throw badRequest(`${String(kind)} cannot be handled as a Scale: need an object of kind "Scale"`);
  for (const part of ['metadata', 'spec']) {
    if (!isRecord(scale[part] ?? {}))
      throw badRequest(`Scale in version "v1" cannot be handled as a Scale: ${part} is not an object`);
  }
  return scale as PartialScale;
}

function checkedReplicas(name: string, scale: PartialScale): number {
  const replicas = scale.spec?.replicas ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas)) {
    throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas is not a whole number');
  }
  if (replicas < 0) {
    const cause = invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0');
    throw invalid({ group: 'autoscaling', kind: 'Scale', name }, [cause]);
  }
  return replicas;
}
