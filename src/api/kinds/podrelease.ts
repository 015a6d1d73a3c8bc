import type { Kind } from '../kind.ts';
import { checkDnsSubdomain } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { podReleases } from '../resources.ts';
import type { PodRelease } from '../types/segue.ts';
import { AGE_COLUMN, ageCell, column, firstFew, NAME_COLUMN } from './cells.ts';

const SHOWN_WAITING_MAX = 3;

/** Made and removed by the gate; the kubelet reports its steps in `status`. It comes with its status, whole. */
export const podReleaseKind: Kind<PodRelease> = {
  resource: podReleases,
  singular: 'podrelease',
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: ['status'],
  statusSubresource: true,
  virtual: true,
  columns: [
    NAME_COLUMN,
    column('Node', 'Node the pod runs on.'),
    column('Level', 'How far routers must let go before the pod is told to stop.'),
    column('Phase', 'Waiting, or Released.'),
    column('Waiting For', 'Who has not let go of the pod yet.'),
    column('Outcome', 'How the wait ended.'),
    AGE_COLUMN,
  ],

  validate: (release) => validateObjectMeta(release.metadata, checkDnsSubdomain),

  selectableFields: (release) => ({ 'spec.nodeName': release.spec.nodeName }),

  row: (release, now) => [
    release.metadata.name,
    release.spec.nodeName,
    release.spec.level,
    release.status.phase,
    firstFew(release.status.waitingFor, { empty: '<none>', max: SHOWN_WAITING_MAX }),
    release.status.outcome ?? '<none>',
    ageCell(release, now),
  ],
};
