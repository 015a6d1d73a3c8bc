import { forbidden, invalidValue, nonNegative, oneOf } from '../causes.ts';
import { ALL_VERBS, type Kind } from '../kind.ts';
import { checkDnsSubdomain } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { deployments } from '../resources.ts';
import { formatLabelSelector, labelSelectorText } from '../selector.ts';
import type { StatusCause } from '../status.ts';
import type { Deployment, DeploymentSpec } from '../types/apps.ts';
import type { IntOrString } from '../types/meta.ts';
import { AGE_COLUMN, ageCell, column, NAME_COLUMN, TEMPLATE_COLUMNS, templateCells } from './cells.ts';
import { unchanged } from './immutable.ts';
import { defaultReplicated, validateReplicated } from './podspec/template.ts';

export const deploymentKind: Kind<Deployment> = {
  resource: deployments,
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  verbs: ALL_VERBS,
  subresources: ['status', 'scale'],
  statusSubresource: true,
  generation: true,
  columns: [
    NAME_COLUMN,
    column('Ready', 'Pods that are ready, of all there should be.'),
    column('Up-to-date', 'How many pods are of the latest template.', { type: 'integer' }),
    column('Available', 'How many pods have been ready for long enough.', { type: 'integer' }),
    AGE_COLUMN,
    ...TEMPLATE_COLUMNS,
  ],

  defaults(deployment) {
    deployment.spec ??= {} as DeploymentSpec;
    const { spec } = deployment;
    defaultReplicated(spec);
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    spec.strategy ??= {};
    spec.strategy.type ||= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
      spec.strategy.rollingUpdate.maxSurge ??= '25%';
    }
  },

  prepareForCreate(deployment) {
    deployment.status = {};
  },

  validate(deployment) {
    const { metadata, spec } = deployment;
    return [
      ...validateObjectMeta(metadata, checkDnsSubdomain),
      ...validateReplicated(spec, 'deployment'),
      ...validateStrategy(spec.strategy ?? {}, 'spec.strategy'),
      ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
      ...validateProgressDeadline(spec),
    ];
  },

  validateUpdate: (deployment, old) => unchanged('spec.selector', deployment.spec.selector, old.spec.selector),

  row(deployment, now) {
    const { spec, status } = deployment;
    return [
      deployment.metadata.name,
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      ageCell(deployment, now),
      ...templateCells(spec.template.spec),
      formatLabelSelector(spec.selector),
    ];
  },

  scale: {
    replicas: (deployment) => deployment.spec.replicas ?? 0,
    setReplicas(deployment, replicas) {
      deployment.spec.replicas = replicas;
    },
    statusReplicas: (deployment) => deployment.status?.replicas ?? 0,
    selector: (deployment) => labelSelectorText(deployment.spec.selector),
  },
};

function validateStrategy(strategy: NonNullable<DeploymentSpec['strategy']>, field: string): StatusCause[] {
  const { type, rollingUpdate } = strategy;
  if (type === 'Recreate') {
    if (!rollingUpdate) return [];
    return [forbidden(`${field}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== 'RollingUpdate' || !rollingUpdate) return oneOf(`${field}.type`, type, ['Recreate', 'RollingUpdate']);
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const at = `${field}.rollingUpdate`;
  const causes = [
    ...validateBound(`${at}.maxUnavailable`, maxUnavailable),
    ...validateBound(`${at}.maxSurge`, maxSurge),
  ];
  if (causes.length > 0) return causes;
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    return [invalidValue(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')];
  }
  if (typeof maxUnavailable === 'string' && Number.parseInt(maxUnavailable, 10) > 100) {
    return [invalidValue(`${at}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%')];
  }
  return [];
}

function validateBound(field: string, value: IntOrString | undefined): StatusCause[] {
  if (typeof value === 'number') return nonNegative(field, value);
  if (value === undefined || /^[0-9]+%$/.test(value)) return [];
  const detail =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalidValue(field, value, detail)];
}

function isZero(value: IntOrString | undefined): boolean {
  return Number.parseInt(String(value ?? 0), 10) === 0;
}

function validateProgressDeadline({ progressDeadlineSeconds, minReadySeconds }: DeploymentSpec): StatusCause[] {
  const field = 'spec.progressDeadlineSeconds';
  const causes = nonNegative(field, progressDeadlineSeconds);
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= (minReadySeconds ?? 0)) {
    causes.push(invalidValue(field, progressDeadlineSeconds, 'must be greater than minReadySeconds'));
  }
  return causes;
}
