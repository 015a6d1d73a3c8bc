import { invalidValue, required } from '../../api/causes.ts';
import { badRequest, conflict, invalid, type Status } from '../../api/status.ts';
import type { Pod } from '../../api/types/core.ts';
import type { KubeObject } from '../../api/types/meta.ts';
import { timestamp } from '../../base/clock.ts';
import { negotiate } from '../accept.ts';
import { readBody } from '../body.ts';
import { isRecord } from '../json.ts';
import { checkPreconditions } from '../metadata.ts';
import { writeOptions } from '../params.ts';
import { respond } from '../render.ts';
import { named, type Target, type VerbHandler } from '../server.ts';
import { targetOf } from '../verbs/get.ts';
import { updateObject } from '../write.ts';

interface Binding {
  readonly metadata?: { uid?: string; resourceVersion?: string };
  readonly target?: { kind?: string; name?: string };
}

/** POST of a Binding: gives a pod its node, once. Also sets the condition PodScheduled. */
export const bind: VerbHandler = async (server, call) => {
  const target = targetOf(call);
  const { dryRun } = writeOptions(call.request.query, 'CreateOptions');
  const binding = readBinding(readBody(call.request));
  const nodeName = checkedNode(target, binding);
  const change = (copy: KubeObject, current: KubeObject): KubeObject => {
    checkPreconditions(target, current, binding.metadata ?? {});
    return assign(target, copy as Pod, { nodeName, now: timestamp(server.env.clock) });
  };
  await updateObject(server, target, change, { dryRun, scope: 'whole' });
  const status: Status = { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Success', code: 201 };
  return respond(negotiate(call.request.headers['accept'], []), status, { status: 201 });
};

function assign(target: Target, pod: Pod, to: { nodeName: string; now: string }): Pod {
  if (pod.metadata.deletionTimestamp) {
    throw conflict(named(target), `pod ${target.name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec.nodeName) {
    throw conflict(named(target), `pod ${target.name} is already assigned to node "${pod.spec.nodeName}"`);
  }
  pod.spec.nodeName = to.nodeName;
  const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled');
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: to.now } as const;
  pod.status = { ...pod.status, conditions: [...others, scheduled] };
  return pod;
}

function readBinding(body: unknown): Binding {
  if (!isRecord(body)) throw badRequest('the object provided is unrecognized (must be of type Binding)');
  for (const part of ['metadata', 'target']) {
    if (!isRecord(body[part] ?? {}))
      throw badRequest(`Binding in version "v1" cannot be handled as a Binding: ${part} is not an object`);
  }
  return body as Binding;
}

function checkedNode(pod: Target, { target }: Binding): string {
  const of = { group: '', kind: 'Binding', name: pod.name };
  if (target?.kind && target.kind !== 'Node') {
    throw invalid(of, [invalidValue('target.kind', target.kind, 'must be empty or "Node"')]);
  }
  if (!target?.name) throw invalid(of, [required('target.name')]);
  return target.name;
}
