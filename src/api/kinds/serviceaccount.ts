import { ALL_VERBS, type Kind } from '../kind.ts';
import { checkDnsSubdomain } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { serviceAccounts } from '../resources.ts';
import type { ServiceAccount } from '../types/core.ts';
import { AGE_COLUMN, ageCell, column, NAME_COLUMN } from './cells.ts';

export const serviceAccountKind: Kind<ServiceAccount> = {
  resource: serviceAccounts,
  singular: 'serviceaccount',
  shortNames: ['sa'],
  verbs: ALL_VERBS,
  columns: [NAME_COLUMN, column('Secrets', 'How many secrets it names.', { type: 'integer' }), AGE_COLUMN],

  validate: (account) => validateObjectMeta(account.metadata, checkDnsSubdomain),

  row: (account, now) => [account.metadata.name, account.secrets?.length ?? 0, ageCell(account, now)],
};
