import { invalidValue, nonNegative } from '../causes.ts';
import { ALL_VERBS, type Kind } from '../kind.ts';
import { checkDnsSubdomain } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { leases } from '../resources.ts';
import type { StatusCause } from '../status.ts';
import type { Lease } from '../types/coordination.ts';
import { AGE_COLUMN, ageCell, column, NAME_COLUMN } from './cells.ts';

export const leaseKind: Kind<Lease> = {
  resource: leases,
  singular: 'lease',
  verbs: ALL_VERBS,
  columns: [NAME_COLUMN, column('Holder', 'Who holds the lease.'), AGE_COLUMN],

  defaults(lease) {
    lease.spec ??= {};
  },

  validate(lease) {
    return [
      ...validateObjectMeta(lease.metadata, checkDnsSubdomain),
      ...validateDuration(lease.spec?.leaseDurationSeconds),
      ...nonNegative('spec.leaseTransitions', lease.spec?.leaseTransitions),
    ];
  },

  row: (lease, now) => [lease.metadata.name, lease.spec?.holderIdentity ?? '', ageCell(lease, now)],
};

function validateDuration(seconds: number | undefined): StatusCause[] {
  if (seconds === undefined || seconds > 0) return [];
  return [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')];
}
