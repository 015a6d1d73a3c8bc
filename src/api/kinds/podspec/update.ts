import { isDeepStrictEqual } from 'node:util';
import { forbidden, invalidValue } from '../../causes.ts';
import type { StatusCause } from '../../status.ts';
import type { Container, PodSpec, Toleration } from '../../types/core.ts';

const CHANGEABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Problems of the step from `old` to `spec`: a pod's spec is fixed but for the few fields the message names. */
export function validatePodSpecUpdate(spec: PodSpec, old: PodSpec): StatusCause[] {
  const counts = [
    ...validateCount(spec.containers, old.containers, 'containers'),
    ...validateCount(spec.initContainers, old.initContainers, 'initContainers'),
  ];
  if (counts.length > 0) return counts;
  const causes = [...validateDeadline(spec, old), ...validateTolerations(spec.tolerations, old.tolerations)];
  if (!isDeepStrictEqual(plain(withoutChangeable(spec, old)), plain(old))) causes.push(forbidden('spec', CHANGEABLE));
  return causes;
}

function validateCount(
  containers: readonly Container[] | undefined,
  old: readonly Container[] | undefined,
  name: 'containers' | 'initContainers',
): StatusCause[] {
  if ((containers?.length ?? 0) === (old?.length ?? 0)) return [];
  return [forbidden(`spec.${name}`, 'pod updates may not add or remove containers')];
}

function validateDeadline(spec: PodSpec, old: PodSpec): StatusCause[] {
  const field = 'spec.activeDeadlineSeconds';
  const [now, before] = [spec.activeDeadlineSeconds, old.activeDeadlineSeconds];
  if (before === undefined || now === before) return [];
  if (now === undefined) return [invalidValue(field, now, 'must not update from a positive integer to nil value')];
  return now > before ? [invalidValue(field, now, 'must be less than or equal to previous value')] : [];
}

function validateTolerations(now: readonly Toleration[] = [], before: readonly Toleration[] = []): StatusCause[] {
  const kept = before.every((old) => now.some((one) => isDeepStrictEqual(withoutSeconds(one), withoutSeconds(old))));
  if (kept) return [];
  return [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

function withoutSeconds({ tolerationSeconds: _, ...toleration }: Toleration): Toleration {
  return toleration;
}

/** `spec` with what may change put back to what it was: whatever still differs may not. */
function withoutChangeable(spec: PodSpec, old: PodSpec): PodSpec {
  const [seconds, before] = [spec.terminationGracePeriodSeconds, old.terminationGracePeriodSeconds];
  const graceRepaired = seconds === 1 && before !== undefined && before < 0;
  return {
    ...spec,
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    terminationGracePeriodSeconds: graceRepaired ? before : seconds,
    containers: withOldImages(spec.containers, old.containers),
    initContainers: spec.initContainers && withOldImages(spec.initContainers, old.initContainers ?? []),
  };
}

function withOldImages(containers: readonly Container[], old: readonly Container[]): Container[] {
  return containers.map((container, index) => ({ ...container, image: old[index]?.image }));
}

/** JSON's view of a value: fields that are undefined do not exist. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
