import { forbidden, invalidEach, invalidValue, nonNegative, oneOf, required } from '../../causes.ts';
import { checkPort, checkPortNumber } from '../../names.ts';
import type { StatusCause } from '../../status.ts';
import type { Container, HttpGetAction, LifecycleHandler, PodSpec, Probe } from '../../types/core.ts';

const HEADER_NAME = /^[-A-Za-z0-9]+$/;
const TIMES = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

/** Problems of a probe; `name` is which one it is, for the rules that only some have. */
export function validateProbe(
  probe: Probe | undefined,
  { name, field }: { name: 'livenessProbe' | 'readinessProbe' | 'startupProbe'; field: string },
): StatusCause[] {
  if (!probe) return [];
  const causes = [
    ...validateHandler(probe, { field, grpc: true }),
    ...TIMES.flatMap((time) => nonNegative(`${field}.${time}`, probe[time])),
    ...validateProbeGrace(probe, name, `${field}.terminationGracePeriodSeconds`),
  ];
  if (name !== 'readinessProbe' && probe.successThreshold !== 1) {
    causes.push(invalidValue(`${field}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  return causes;
}

function validateProbeGrace(probe: Probe, name: string, field: string): StatusCause[] {
  const seconds = probe.terminationGracePeriodSeconds;
  if (seconds === undefined) return [];
  if (name === 'readinessProbe') return [invalidValue(field, seconds, 'must not be set for readinessProbes')];
  return seconds > 0 ? [] : [invalidValue(field, seconds, 'must be greater than 0')];
}

/** Problems of the hooks of a container. */
export function validateLifecycle(lifecycle: Container['lifecycle'], spec: PodSpec, field: string): StatusCause[] {
  return (['postStart', 'preStop'] as const).flatMap((name) => {
    const handler = lifecycle?.[name];
    if (!handler) return [];
    return validateHandler(handler, {
      field: `${field}.${name}`,
      graceSeconds: spec.terminationGracePeriodSeconds,
      sleep: true,
    });
  });
}

interface HandlerPlace {
  readonly field: string;
  readonly grpc?: boolean;
  readonly sleep?: boolean;
  readonly graceSeconds?: number | undefined;
}

/** Exactly one way to act, and that one well formed. */
function validateHandler(handler: LifecycleHandler & Pick<Probe, 'grpc'>, place: HandlerPlace): StatusCause[] {
  const { field } = place;
  const known: [string, unknown, () => StatusCause[]][] = [
    ['exec', handler.exec, () => validateExec(handler.exec!, `${field}.exec`)],
    ['httpGet', handler.httpGet, () => validateHttpGet(handler.httpGet!, `${field}.httpGet`)],
    ['tcpSocket', handler.tcpSocket, () => validatePort(handler.tcpSocket?.port, `${field}.tcpSocket.port`)],
    ['grpc', place.grpc && handler.grpc, () => validateGrpc(handler.grpc!, `${field}.grpc`)],
    ['sleep', place.sleep && handler.sleep, () => validateSleep(handler.sleep!, place)],
  ];
  const [first, ...more] = known.filter(([, value]) => value);
  if (!first) return [required(field, 'must specify a handler type')];
  return [
    ...first[2](),
    ...more.map(([type]) => forbidden(`${field}.${type}`, 'may not specify more than 1 handler type')),
  ];
}

function validateExec(action: { command?: string[] }, field: string): StatusCause[] {
  return action.command?.length ? [] : [required(`${field}.command`)];
}

function validateHttpGet(action: HttpGetAction, field: string): StatusCause[] {
  return [
    ...(action.path ? [] : [required(`${field}.path`)]),
    ...validatePort(action.port, `${field}.port`),
    ...oneOf(`${field}.scheme`, action.scheme, ['HTTP', 'HTTPS']),
    ...(action.httpHeaders ?? []).flatMap(({ name }, index) => {
      const detail =
        "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
      return HEADER_NAME.test(name ?? '') ? [] : [invalidValue(`${field}.httpHeaders[${index}]`, name, detail)];
    }),
  ];
}

function validateGrpc(action: { port: number }, field: string): StatusCause[] {
  return invalidEach(`${field}.port`, action.port, checkPortNumber(action.port ?? 0));
}

function validatePort(port: number | string | undefined, field: string): StatusCause[] {
  return invalidEach(field, port ?? 0, checkPort(port ?? 0));
}

function validateSleep(action: { seconds: number }, { field, graceSeconds }: HandlerPlace): StatusCause[] {
  if (graceSeconds === undefined || (action.seconds >= 0 && action.seconds <= graceSeconds)) return [];
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
  return [invalidValue(`${field}.sleep`, action.seconds, detail)];
}
