import { duplicate, invalidEach, invalidValue, nonNegative, oneOf, required } from '../../causes.ts';
import { validateIp } from '../../ip.ts';
import { validateLabelSelector, validateLabels } from '../../labels.ts';
import { checkDnsLabel, checkDnsSubdomain, checkQualifiedName } from '../../names.ts';
import type { StatusCause } from '../../status.ts';
import type { PodSpec, Toleration, TopologySpreadConstraint } from '../../types/core.ts';
import { validateContainers } from './containers.ts';
import { validateVolumes } from './volumes.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
const SPREAD_ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const INT32_MAX = 2147483647;

/** Problems of a pod spec after defaulting, of a pod or of a template; `field` is where the spec stands. */
export function validatePodSpec(spec: PodSpec, field: string): StatusCause[] {
  return [
    ...validateVolumes(spec.volumes ?? [], `${field}.volumes`),
    ...validateContainers(spec, field),
    ...oneOf(`${field}.restartPolicy`, spec.restartPolicy, RESTART_POLICIES),
    ...oneOf(`${field}.dnsPolicy`, spec.dnsPolicy, DNS_POLICIES),
    ...validateDnsConfig(spec, field),
    ...validateLabels(spec.nodeSelector, `${field}.nodeSelector`),
    ...validateNames(spec, field),
    ...nonNegative(`${field}.terminationGracePeriodSeconds`, spec.terminationGracePeriodSeconds),
    ...validateDeadline(spec, field),
    ...validateReadinessGates(spec, `${field}.readinessGates`),
    ...validateTolerations(spec.tolerations ?? [], `${field}.tolerations`),
    ...validateSpread(spec.topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`),
    ...validateHostAliases(spec, `${field}.hostAliases`),
  ];
}

function validateNames(spec: PodSpec, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const check = (name: string, value: string | undefined, messages: (value: string) => string[]) => {
    if (value) causes.push(...invalidEach(`${field}.${name}`, value, messages(value)));
  };
  check('serviceAccountName', spec.serviceAccountName, checkDnsSubdomain);
  check('nodeName', spec.nodeName, checkDnsSubdomain);
  check('hostname', spec.hostname, checkDnsLabel);
  check('subdomain', spec.subdomain, checkDnsLabel);
  check('priorityClassName', spec.priorityClassName, checkDnsSubdomain);
  check('schedulerName', spec.schedulerName, checkDnsSubdomain);
  return causes;
}

function validateDnsConfig(spec: PodSpec, field: string): StatusCause[] {
  const nameservers = spec.dnsConfig?.nameservers ?? [];
  if (spec.dnsPolicy === 'None' && nameservers.length === 0) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    return [required(`${field}.dnsConfig.nameservers`, detail)];
  }
  return [];
}

function validateDeadline(spec: PodSpec, field: string): StatusCause[] {
  const seconds = spec.activeDeadlineSeconds;
  if (seconds === undefined || (seconds >= 1 && seconds <= INT32_MAX)) return [];
  return [invalidValue(`${field}.activeDeadlineSeconds`, seconds, `must be between 1 and ${INT32_MAX}, inclusive`)];
}

function validateReadinessGates(spec: PodSpec, field: string): StatusCause[] {
  return (spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
    invalidEach(`${field}[${index}].conditionType`, conditionType, checkQualifiedName(conditionType ?? '')),
  );
}

function validateTolerations(tolerations: readonly Toleration[], field: string): StatusCause[] {
  return tolerations.flatMap((toleration, index) => validateToleration(toleration, `${field}[${index}]`));
}

function validateToleration(toleration: Toleration, field: string): StatusCause[] {
  const { key, operator, value, effect, tolerationSeconds } = toleration;
  const causes: StatusCause[] = [];
  if (key) causes.push(...invalidEach(`${field}.key`, key, checkQualifiedName(key)));
  else if (operator !== 'Exists') {
    causes.push(
      invalidValue(
        `${field}.operator`,
        operator ?? '',
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    causes.push(
      invalidValue(`${field}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"),
    );
  }
  if (operator) causes.push(...oneOf(`${field}.operator`, operator, ['Equal', 'Exists']));
  if (operator === 'Exists' && value) {
    causes.push(invalidValue(`${field}.operator`, toleration, "value must be empty when `operator` is 'Exists'"));
  }
  if (effect) causes.push(...oneOf(`${field}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']));
  return causes;
}

function validateSpread(constraints: readonly TopologySpreadConstraint[], field: string): StatusCause[] {
  return constraints.flatMap((constraint, index) => {
    const at = `${field}[${index}]`;
    const causes = [
      ...(constraint.maxSkew > 0
        ? []
        : [invalidValue(`${at}.maxSkew`, constraint.maxSkew, 'must be greater than zero')]),
      ...(constraint.topologyKey ? [] : [required(`${at}.topologyKey`, 'can not be empty')]),
      ...oneOf(`${at}.whenUnsatisfiable`, constraint.whenUnsatisfiable, SPREAD_ACTIONS),
      ...validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`),
    ];
    const same = (other: TopologySpreadConstraint) =>
      other.topologyKey === constraint.topologyKey && other.whenUnsatisfiable === constraint.whenUnsatisfiable;
    if (constraints.findIndex(same) < index) {
      causes.push(
        duplicate(
          `${at}.{topologyKey, whenUnsatisfiable}`,
          `{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}`,
        ),
      );
    }
    return causes;
  });
}

function validateHostAliases(spec: PodSpec, field: string): StatusCause[] {
  return (spec.hostAliases ?? []).flatMap(({ ip, hostnames }, index) => [
    ...validateIp(`${field}[${index}].ip`, ip ?? ''),
    ...(hostnames ?? []).flatMap((hostname, at) =>
      invalidEach(`${field}[${index}].hostnames[${at}]`, hostname, checkDnsSubdomain(hostname)),
    ),
  ]);
}
